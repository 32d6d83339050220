import type { MissionPatch, NewEvent, NewTask, TaskPatch } from '@missions/contracts/mission/bodies.ts';
import { type Decision, Refused } from './decision.ts';
import { type Circumstances, Draft } from './draft.ts';
import { requireOpen } from './mission-steps.ts';
import { patchMission } from './patch-mission.ts';
import { patchTask } from './patch-task.ts';
import { addTasks } from './plan.ts';
import { becomeReady } from './readiness.ts';
import { isClosed, type Mission, openBlockers } from './state.ts';
import { answers, resolveBlocker, type Signal } from './waiting.ts';

export type Command =
  | { readonly type: 'PatchMission'; readonly patch: MissionPatch }
  | { readonly type: 'AddTasks'; readonly tasks: readonly NewTask[] }
  | { readonly type: 'PatchTask'; readonly task_id: string; readonly patch: TaskPatch }
  | { readonly type: 'LogEvent'; readonly event: NewEvent }
  | { readonly type: 'Resume' }
  | { readonly type: 'ReceiveSignal'; readonly blocker_id: string; readonly signal: Signal };

/**
 * What a command does to a mission: the next state and the changes that tell it, or a refusal that says how to mend the call. Pure: time,
 * actor and ids come in as data. The shell adds one to `version`, numbers the history and saves all of it in one transaction.
 */
export function decide(mission: Mission, command: Command, circumstances: Circumstances): Decision {
  const draft = new Draft(mission, circumstances);
  try {
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

function apply(draft: Draft, command: Command): void {
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
    case 'ReceiveSignal':
      return receive(draft, command.blocker_id, command.signal);
    default:
      return command satisfies never;
  }
}

/** Messages may be logged on an ended mission too: what was said about it afterwards is part of its history. */
function logEvent(draft: Draft, event: NewEvent): void {
  if (event.task_id) draft.task(event.task_id);
  if (event.event_type === 'user_message') engage(draft);
  draft.record('logged', {
    logged: event.event_type,
    title: event.title ?? '',
    content: event.content ?? '',
    task_id: event.task_id ?? null,
    metadata: event.metadata ?? {},
  });
}

/** A signal reaches one wait. That the wait is over, however it ended, is nothing to complain of: signals may come late. */
function receive(draft: Draft, blockerId: string, signal: Signal): void {
  const blocker = openBlockers(draft.mission).find((open) => open.id === blockerId);
  if (!blocker || !answers(signal, blocker)) return;
  resolveBlocker(draft, blocker, { by: 'signal', signal });
  becomeReady(draft);
}

/** Continues in another conversation. An agent's own pause is lifted with it; a person's is not. */
function resume(draft: Draft): void {
  if (isClosed(draft.mission)) return;
  if (draft.mission.paused_by === 'agent') draft.set({ paused_by: null });
  draft.record('resumed', { title: 'Resumed', content: '', metadata: { conversation_id: draft.actor.conversation_id } });
}

/** Any engagement of its user keeps a mission from going stale, and brings a stale one back (SPEC section 8 "Life cycle"). */
function engage(draft: Draft): void {
  draft.set({ last_user_engagement_at: draft.at, stale_notified_at: null, grace_period_ends_at: null });
}
