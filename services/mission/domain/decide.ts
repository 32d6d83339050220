import type { NewInputRequest, Response } from '@missions/contracts/approval/input-request.ts';
import type { FollowUp, NewEmail } from '@missions/contracts/email/email.ts';
import type { MissionPatch, NewEvent, NewTask, TaskPatch } from '@missions/contracts/mission/bodies.ts';
import { expireInputRequest, reachDeadline, receiveResponse } from './wait-outcomes.ts';
import { ask } from './request-input.ts';
import { create, type CreateMission } from './create.ts';
import { type Decision, invalidTransition, Refused } from './decision.ts';
import { type CommandContext, ChangeBuilder } from './mission-changes.ts';
import { age, restore } from './lifecycle.ts';
import { type FollowedUp, requestEmail, requestFollowUp } from './email.ts';
import {
  expireEmail,
  type BounceOutcome,
  type ExpiryOutcome,
  type ReplyOutcome,
  receiveBounce,
  receiveReply,
} from './email-outcomes.ts';
import { requireOpen, retry } from './mission-steps.ts';
import { patchMission } from './patch-mission.ts';
import { patchTask } from './patch-task.ts';
import { addTasks } from './plan.ts';
import { becomeReady } from './task-readiness.ts';
import { type Grant, grantRun, requireLease, type Settlement, settleRun } from './runs.ts';
import { isClosed, type Mission, openBlockers } from './state.ts';
import { answers, resolveBlocker, type Signal } from './waiting.ts';

/** The commands on an existing mission; `CreateMission` is the one without. */
export type Command =
  | { readonly type: 'PatchMission'; readonly patch: MissionPatch }
  | { readonly type: 'AddTasks'; readonly tasks: readonly NewTask[] }
  | { readonly type: 'PatchTask'; readonly task_id: string; readonly patch: TaskPatch }
  | { readonly type: 'LogEvent'; readonly event: NewEvent }
  | { readonly type: 'Resume' }
  | { readonly type: 'RetryFailed' }
  | { readonly type: 'MarkReceived'; readonly task_id: string }
  | { readonly type: 'AskUser'; readonly request_id: string; readonly question: NewInputRequest }
  | { readonly type: 'RequestEmail'; readonly tracking_id: string; readonly email: NewEmail }
  | { readonly type: 'RequestFollowUp'; readonly id: string; readonly of: FollowedUp; readonly follow_up: FollowUp }
  | { readonly type: 'ReceiveReply'; readonly heard: ReplyOutcome }
  | { readonly type: 'ReceiveBounce'; readonly heard: BounceOutcome }
  | { readonly type: 'ExpireEmail'; readonly heard: ExpiryOutcome }
  | { readonly type: 'ReceiveResponse'; readonly request_id: string; readonly response: Response }
  | { readonly type: 'ExpireInputRequest'; readonly request_id: string }
  | { readonly type: 'ReachDeadline'; readonly blocker_id: string; readonly deadline: string }
  | { readonly type: 'Age'; readonly deadline: string }
  | { readonly type: 'Restore' }
  | { readonly type: 'GrantRun'; readonly grant: Grant }
  | { readonly type: 'SettleRun'; readonly settlement: Settlement }
  | { readonly type: 'ReceiveSignal'; readonly blocker_id: string; readonly signal: Signal };

/**
 * What a command does to a mission: the next state and the changes that tell it, or a refusal that says how to mend the call. Pure: time,
 * actor and ids come in as data. The shell adds one to `version`, numbers the history and saves all of it in one transaction.
 */
export function decide(mission: null, command: CreateMission, circumstances: CommandContext): Decision;
export function decide(mission: Mission, command: Command, circumstances: CommandContext): Decision;
export function decide(
  mission: Mission | null,
  command: Command | CreateMission,
  circumstances: CommandContext,
): Decision {
  if (command.type === 'CreateMission') return create(command.owner, command.mission, circumstances);
  if (mission === null) throw new Error(`decide: ${command.type} needs a mission, and none was given`);
  const draft = new ChangeBuilder(mission, circumstances);
  try {
    if (circumstances.actor.run) requireLease(mission, circumstances.actor.run);
    apply(draft, command);
    draft.close();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
  if (draft.changes.length === 0) return { kind: 'ignored', because: 'nothing would change' };
  if (circumstances.actor.kind === 'user') engage(draft);
  return { kind: 'moved', next: draft.mission, changes: draft.changes };
}

function apply(draft: ChangeBuilder, command: Command): void {
  switch (command.type) {
    case 'PatchMission':
      return patchMission(draft, command.patch);
    case 'AddTasks':
      requireOpen(draft.mission);
      addTasks(draft, command.tasks);
      return;
    case 'PatchTask':
      return patchTask(draft, command.task_id, command.patch);
    case 'LogEvent':
      return logEvent(draft, command.event);
    case 'Resume':
      return resume(draft);
    case 'RetryFailed':
      return retry(draft);
    case 'MarkReceived':
      return markReceived(draft, command.task_id);
    case 'AskUser':
      return ask(draft, command.request_id, command.question);
    case 'RequestEmail':
      return requestEmail(draft, command.tracking_id, command.email);
    case 'RequestFollowUp':
      return requestFollowUp(draft, command.id, command.of, command.follow_up);
    case 'ReceiveReply':
      return receiveReply(draft, command.heard);
    case 'ReceiveBounce':
      return receiveBounce(draft, command.heard);
    case 'ExpireEmail':
      return expireEmail(draft, command.heard);
    case 'ReceiveResponse':
      return receiveResponse(draft, command.request_id, command.response);
    case 'ExpireInputRequest':
      return expireInputRequest(draft, command.request_id);
    case 'ReachDeadline':
      return reachDeadline(draft, command.blocker_id, command.deadline);
    case 'Age':
      return age(draft, command.deadline);
    case 'Restore':
      return restore(draft);
    case 'GrantRun':
      return grantRun(draft, command.grant);
    case 'SettleRun':
      return settleRun(draft, command.settlement);
    case 'ReceiveSignal':
      return receive(draft, command.blocker_id, command.signal);
    default:
      return command satisfies never;
  }
}

/** Messages may be logged on an ended mission too: what was said about it afterwards is part of its history. */
function logEvent(draft: ChangeBuilder, event: NewEvent): void {
  const task_id = event.task_id ? draft.task(event.task_id.toLowerCase()).id : null;
  if (event.event_type === 'user_message') engage(draft);
  draft.record('logged', {
    logged: event.event_type,
    title: event.title ?? '',
    content: event.content ?? '',
    task_id,
    metadata: event.metadata ?? {},
  });
}

/** A signal reaches one wait. That the wait is over, however it ended, is nothing to complain of: signals may come late. */
function receive(draft: ChangeBuilder, blockerId: string, signal: Signal): void {
  const blocker = openBlockers(draft.mission).find((open) => open.id === blockerId);
  if (!blocker || !answers(signal, blocker)) return;
  resolveBlocker(draft, blocker, { by: 'signal', signal });
  becomeReady(draft);
}

/** The user says that what a task waits for outside has arrived (specification section 5): as if its signal had come. Questions want answers instead. */
function markReceived(draft: ChangeBuilder, taskId: string): void {
  requireOpen(draft.mission);
  const task = draft.task(taskId);
  const waits = openBlockers(draft.mission).filter((open) => open.task_id === taskId && open.kind !== 'human_input');
  if (waits.length === 0)
    throw invalidTransition(
      `Task "${task.title.slice(0, 80)}"`,
      task.status,
      'received',
      [],
      'It does not wait for anything outside.',
    );
  for (const blocker of waits) {
    const signal = {
      id: draft.newId(),
      data: { marked_received_by: draft.actor.kind },
      final: true,
      received_at: draft.at,
    };
    resolveBlocker(draft, blocker, { by: 'signal', signal });
  }
  becomeReady(draft);
}

/** Continues in another conversation. An agent's own pause is lifted with it; a person's is not. */
function resume(draft: ChangeBuilder): void {
  if (isClosed(draft.mission)) return;
  if (draft.mission.paused_by === 'agent') draft.set({ paused_by: null });
  draft.record('resumed', {
    title: 'Resumed',
    content: '',
    metadata: { conversation_id: draft.actor.conversation_id },
  });
}

/** Any engagement of its user keeps a mission from going stale, and brings a stale one back (specification section 8 "Life cycle"). */
function engage(draft: ChangeBuilder): void {
  draft.set({
    last_user_engagement_at: draft.at,
    stale_notified_at: null,
    grace_period_ends_at: null,
    unanswered_at: null,
  });
}
