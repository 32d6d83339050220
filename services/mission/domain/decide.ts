import type { NewInputRequest, Response } from '@missions/contracts/approval/input-request.ts';
import type { FollowUp, NewEmail } from '@missions/contracts/email/email.ts';
import type { MissionPatch, NewEvent, NewTask, TaskPatch } from '@missions/contracts/mission/bodies.ts';
import { expireInputRequest, markReceived, reachDeadline, receiveResponse, receiveSignal } from './wait-outcomes.ts';
import { settleConcerns, settleConcernsOfChangedTasks } from './concerns.ts';
import { type GivenApproval, receiveApproval } from './receive-approval.ts';
import { requestInput } from './request-input.ts';
import { withdrawInput } from './withdraw-input.ts';
import { create, type CreateMission } from './create.ts';
import { type Actor, type Decision, Refused } from './decision.ts';
import { type CommandContext, ChangeBuilder } from './mission-changes.ts';
import { age, keep, restore } from './lifecycle.ts';
import { type FollowedUp, requestEmail, requestFollowUp } from './email.ts';
import {
  expireEmail,
  type BounceOutcome,
  type ExpiryOutcome,
  logWithdrawnMail,
  noteMail,
  type ReplyOutcome,
  receiveBounce,
  receiveReply,
  type WithdrawnMail,
} from './email-outcomes.ts';
import { type BudgetNews, noteBudget } from './budget.ts';
import { logUnreachable, type Unreachable } from './unreachable.ts';
import { requireOpen, retry } from './mission-steps.ts';
import { patchMission } from './patch-mission.ts';
import { patchTask } from './patch-task.ts';
import { addTasks } from './plan.ts';
import { type Grant, grantRun, requireLease, type Settlement, settleRun } from './runs.ts';
import { isClosed, type Mission } from './state.ts';
import type { Signal } from './heard.ts';
import { claimTask, releaseTask } from './task-claims.ts';

/** The commands on an existing mission. `CreateMission` is the only command without one. */
export type Command =
  | { readonly type: 'PatchMission'; readonly patch: MissionPatch }
  | { readonly type: 'AddTasks'; readonly tasks: readonly NewTask[] }
  | { readonly type: 'PatchTask'; readonly task_id: string; readonly patch: TaskPatch }
  | { readonly type: 'ClaimTask'; readonly task_id: string; readonly minutes?: number }
  | { readonly type: 'ReleaseTask'; readonly task_id: string }
  | { readonly type: 'LogEvent'; readonly event: NewEvent }
  | { readonly type: 'Resume' }
  | { readonly type: 'RetryFailed' }
  | { readonly type: 'RetryTask'; readonly task_id: string }
  | { readonly type: 'Keep' }
  | { readonly type: 'MarkReceived'; readonly task_id: string }
  | { readonly type: 'RequestInput'; readonly request_id: string; readonly request: NewInputRequest }
  | { readonly type: 'WithdrawInput'; readonly request_id: string; readonly reason: string }
  | { readonly type: 'RequestEmail'; readonly tracking_id: string; readonly email: NewEmail }
  | { readonly type: 'RequestFollowUp'; readonly id: string; readonly of: FollowedUp; readonly follow_up: FollowUp }
  | { readonly type: 'ReceiveReply' | 'NoteMail'; readonly outcome: ReplyOutcome }
  | { readonly type: 'ReceiveBounce'; readonly outcome: BounceOutcome }
  | { readonly type: 'ExpireEmail'; readonly outcome: ExpiryOutcome }
  | { readonly type: 'LogWithdrawnMail'; readonly outcome: WithdrawnMail }
  | { readonly type: 'LogUnreachable'; readonly question: Unreachable }
  | { readonly type: 'NoteBudget'; readonly budget: BudgetNews }
  | { readonly type: 'ReceiveResponse'; readonly request_id: string; readonly response: Response }
  | { readonly type: 'ReceiveApproval'; readonly approval: GivenApproval }
  | { readonly type: 'ExpireInputRequest'; readonly request_id: string }
  | { readonly type: 'ReachDeadline'; readonly blocker_id: string; readonly deadline: string }
  | { readonly type: 'Age'; readonly deadline: string }
  | { readonly type: 'Restore' }
  | { readonly type: 'GrantRun'; readonly grant: Grant }
  | { readonly type: 'SettleRun'; readonly settlement: Settlement }
  | { readonly type: 'ReceiveSignal'; readonly blocker_id: string; readonly signal: Signal };

/**
 * Decides a command: returns the next state with its changes, or a refusal that says how to mend the call. Pure: time,
 * actor and ids come in as data. The caller adds one to `version`, numbers the history (`recordDecision`) and saves
 * everything in one transaction.
 */
export function decide(mission: null, command: CreateMission, context: CommandContext): Decision;
export function decide(mission: Mission, command: Command, context: CommandContext): Decision;
export function decide(mission: Mission | null, command: Command | CreateMission, context: CommandContext): Decision {
  if (command.type === 'CreateMission') return create(command.owner, command.mission, context);
  if (mission === null) throw new Error(`decide: the command ${command.type} needs a mission, but the mission is null`);
  const changes = new ChangeBuilder(mission, context);
  try {
    if (context.actor.run) requireLease(mission, context.actor.run);
    apply(changes, command);
    settleConcernsOfChangedTasks(mission, changes);
    changes.close();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
  if (isOfUser(context.actor) && mission.stale_notified_at !== null && changes.recorded.length === 0)
    changes.record('updated', { title: 'No longer stale: its user is back', metadata: { changed: [] } });
  if (changes.recorded.length === 0) return { kind: 'ignored', reason: 'nothing would change' };
  if (isOfUser(context.actor))
    engage(changes, command.type === 'ReceiveResponse' || command.type === 'ReceiveApproval');
  else if (isConversation(context.actor)) prolong(changes);
  return { kind: 'moved', next: changes.mission, changes: changes.recorded };
}

function apply(changes: ChangeBuilder, command: Command): void {
  switch (command.type) {
    case 'PatchMission':
      return patchMission(changes, command.patch);
    case 'AddTasks':
      requireOpen(changes.mission);
      addTasks(changes, command.tasks);
      return;
    case 'PatchTask':
      return patchTask(changes, command.task_id, command.patch);
    case 'ClaimTask':
      return claimTask(changes, command.task_id.toLowerCase(), command.minutes);
    case 'ReleaseTask':
      return releaseTask(changes, command.task_id.toLowerCase());
    case 'LogEvent':
      return logEvent(changes, command.event);
    case 'Resume':
      return resume(changes);
    case 'RetryFailed':
      return retry(changes);
    case 'RetryTask':
      return retry(changes, changes.task(command.task_id.toLowerCase()).id);
    case 'Keep':
      return keep(changes);
    case 'MarkReceived':
      return markReceived(changes, command.task_id);
    case 'RequestInput':
      return requestInput(changes, command.request_id, command.request);
    case 'WithdrawInput':
      return withdrawInput(changes, command.request_id, command.reason);
    case 'RequestEmail':
      return requestEmail(changes, command.tracking_id, command.email);
    case 'RequestFollowUp':
      return requestFollowUp(changes, command.id, command.of, command.follow_up);
    case 'ReceiveReply':
      return receiveReply(changes, command.outcome);
    case 'NoteMail':
      return noteMail(changes, command.outcome);
    case 'ReceiveBounce':
      return receiveBounce(changes, command.outcome);
    case 'ExpireEmail':
      return expireEmail(changes, command.outcome);
    case 'LogWithdrawnMail':
      return logWithdrawnMail(changes, command.outcome);
    case 'LogUnreachable':
      return logUnreachable(changes, command.question);
    case 'NoteBudget':
      return noteBudget(changes, command.budget);
    case 'ReceiveResponse':
      return receiveResponse(changes, command.request_id, command.response);
    case 'ReceiveApproval':
      return receiveApproval(changes, command.approval);
    case 'ExpireInputRequest':
      return expireInputRequest(changes, command.request_id);
    case 'ReachDeadline':
      return reachDeadline(changes, command.blocker_id, command.deadline);
    case 'Age':
      return age(changes, command.deadline);
    case 'Restore':
      return restore(changes);
    case 'GrantRun':
      return grantRun(changes, command.grant);
    case 'SettleRun':
      return settleRun(changes, command.settlement);
    case 'ReceiveSignal':
      return receiveSignal(changes, command.blocker_id, command.signal);
    default:
      return command satisfies never;
  }
}

/**
 * Events may also be logged on an ended mission: later messages about the mission belong to its history. A message of
 * the user is engagement, unless an agent's key reports it.
 */
function logEvent(changes: ChangeBuilder, event: NewEvent): void {
  const task_id = event.task_id ? changes.task(event.task_id.toLowerCase()).id : null;
  const { by_key, agent_id } = changes.actor;
  const reported = event.event_type === 'user_message' && by_key === true;
  if (event.event_type === 'user_message' && !reported) engage(changes);
  changes.record('logged', {
    logged: event.event_type,
    title: reported ? reportedTitle(agent_id, event.title ?? '') : (event.title ?? ''),
    content: event.content ?? '',
    task_id,
    metadata: event.metadata ?? {},
  });
}

/** An agent's word for what the user wrote is not the user's own, and whoever reads the history sees the difference. */
const reportedTitle = (agentId: string | null, title: string): string =>
  `agent ${agentId ?? 'without a name'} says the user wrote${title === '' ? '' : `: ${title}`}`;

/** Resumes the mission in another conversation. Lifts an agent's pause, but neither a user's nor the system's. */
function resume(changes: ChangeBuilder): void {
  if (isClosed(changes.mission)) return;
  if (changes.mission.paused_by === 'agent') changes.set({ paused_by: null });
  changes.record('resumed', {
    title: 'Resumed',
    content: '',
    metadata: { conversation_id: changes.actor.conversation_id },
  });
}

const isOfUser = ({ kind }: Actor): boolean => kind === 'user';

/** Somebody is talking to the agent: the call names a conversation, and no run makes it. */
const isConversation = ({ kind, conversation_id, run }: Actor): boolean =>
  kind === 'agent' && conversation_id !== '' && run === undefined;

/**
 * An action of the user also answers for what nobody answered, and for mail that did not arrive unless it is no more
 * than the answer to another question; an agent in a conversation does not.
 */
function engage(changes: ChangeBuilder, isAnswer = false): void {
  prolong(changes);
  changes.set({ unanswered_at: null });
  settleConcerns(changes, ({ kind }) => kind === 'unanswered' || !isAnswer);
}

/**
 * Each engagement restarts the mission's lifetime; a stale mission is no longer stale (specification section 8 "Life
 * cycle").
 */
function prolong(changes: ChangeBuilder): void {
  changes.set({ last_user_engagement_at: changes.at, stale_notified_at: null, grace_period_ends_at: null });
}
