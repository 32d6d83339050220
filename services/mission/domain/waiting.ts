import type { MissionChangeKind } from '@missions/contracts/mission/changes.ts';
import type { BlockerKind, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import { blockerKey } from '@missions/contracts/waits.ts';
import { invalidTransition } from './decision.ts';
import { type Resolution, resolutionForBlocker, resolutionForHistory, type Signal, signalForResult } from './heard.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { type Blocker, isWaiting, type Json, type Mission, openBlockers, type Wait } from './state.ts';
import { askableTaskSteps, leavePlanning, moveTask } from './task-steps.ts';

/**
 * Waiting: how blockers open and end (specification sections 3.4 and 4). A mission waits while any blocker is open; a
 * task waits while one of its own blockers is open. When the last blocker ends, the task returns to `in_progress` (or
 * becomes `completed`), and the mission returns to the phase before the wait. `wait-request.ts` reads the wait that a
 * caller asks for, `wait-outcomes.ts` decides how a signal, a response, a time or a deadline ends a blocker.
 */
export const HOUR = 3_600_000;
export const statusForKind = (
  kind: BlockerKind,
): Extract<TaskStatus, 'waiting_human' | 'waiting_external' | 'blocked'> =>
  kind === 'human_input' ? 'waiting_human' : kind === 'manual' || kind === 'mission' ? 'blocked' : 'waiting_external';

/** Starts the wait of a task that only waits, through `in_progress`; the deadline counts from this command. */
export function startWaiting(changes: ChangeBuilder, taskId: string): void {
  const { wait_for } = changes.task(taskId);
  if (!wait_for) return;
  const anyOf = wait_for.first_ends ? changes.newId() : null;
  for (const wait of [wait_for, ...(wait_for.others ?? [])]) openBlocker(changes, taskId, wait, anyOf);
}

/** @param anyOf is shared by waits of which the first that ends closes the others. */
export function openBlocker(
  changes: ChangeBuilder,
  taskId: string | null,
  wait: Wait,
  anyOf: string | null = null,
): void {
  const key = blockerKey(wait.kind, wait.reference);
  if (openBlockers(changes.mission).some((open) => open.task_id === taskId && open.key === key)) return;
  const blocker: Blocker = {
    id: changes.newId(),
    task_id: taskId,
    key,
    kind: wait.kind,
    reason: wait.reason,
    until: wait.until,
    on_signal: wait.on_signal,
    on_timeout: wait.on_timeout,
    opened_at: changes.at,
    timeout_at: endOf(wait, changes.at),
    accept_after: wait.accept_after,
    any_of: anyOf,
    resolved_at: null,
    resolution: null,
  };
  holdBy(changes, blocker);
  changes.record('blocked', {
    title: wait.reason || key,
    task_id: taskId,
    metadata: { key, until_at: blocker.timeout_at },
  });
}

/** The deadline of a wait, or the time that it waits for. */
function endOf({ kind, reference, timeout_hours }: Wait, at: string): string | null {
  if (kind === 'time') return reference;
  if (kind === 'manual' || timeout_hours === null) return null;
  return new Date(new Date(at).getTime() + timeout_hours * HOUR).toISOString();
}

/**
 * Refuses unless the task is ready, in progress or already waiting (a task may have several waits). `hint`: how to mend
 * the call.
 */
export function requireAbleToWait(
  changes: ChangeBuilder,
  taskId: string | null,
  to: 'waiting_human' | 'waiting_external',
  hint: string,
): void {
  if (taskId === null) return;
  const task = changes.task(taskId);
  if (task.status === 'ready' || task.status === 'in_progress' || isWaiting(task)) return;
  throw invalidTransition(`Task "${task.title.slice(0, 80)}"`, task.status, to, askableTaskSteps[task.status], hint);
}

/** Makes a task, or the whole mission, wait for a blocker. The caller records the change. */
export function holdBy(changes: ChangeBuilder, blocker: Blocker): void {
  const { task_id: taskId } = blocker;
  if (taskId !== null) {
    const task = changes.task(taskId);
    if (task.status === 'ready') moveTask(changes, taskId, 'in_progress');
    leavePlanning(changes);
    changes.addBlocker(blocker);
    const held = {
      blocked_by: task.blocked_by || blocker.key,
      blocked_reason: task.blocked_by ? task.blocked_reason : blocker.reason,
      timeout_at: earliest(task.timeout_at, blocker.timeout_at),
    };
    if (changes.task(taskId).status === 'in_progress') moveTask(changes, taskId, statusForKind(blocker.kind), held);
    else changes.setTask(taskId, held);
  } else {
    changes.addBlocker(blocker);
  }
  if (changes.mission.phase !== 'waiting') {
    changes.set({ return_phase: changes.mission.phase === 'planning' ? 'planning' : 'executing', phase: 'waiting' });
  }
}

/**
 * Ends one wait. The mission leaves `waiting` with its last blocker, unless a larger step sets the phase itself
 * (`missionGoesOn` false).
 */
export function endBlocker(
  changes: ChangeBuilder,
  blocker: Blocker,
  resolution: Resolution,
  missionGoesOn = true,
): void {
  changes.endBlocker(blocker.id, resolutionForBlocker(resolution));
  const { task_id: taskId } = blocker;
  if (taskId !== null) {
    const left = openBlockers(changes.mission).filter((open) => open.task_id === taskId);
    const [oldest] = left;
    changes.setTask(taskId, {
      blocked_by: oldest?.key ?? '',
      blocked_reason: oldest?.reason ?? '',
      timeout_at: left.reduce<string | null>((soonest, open) => earliest(soonest, open.timeout_at), null),
      result: { ...changes.task(taskId).result, ...heardFrom(changes, blocker, resolution) },
    });
  }
  if (missionGoesOn) returnWhenFree(changes);
  const { kind, content } = endingOf(blocker, resolution);
  // Several blockers may wait for the replies to one e-mail; `wait_id` lets the email-bridge recognise the e-mail's own
  // wait.
  const wait = blocker.kind === 'email_reply' ? { wait_id: blocker.id } : {};
  changes.record(kind, {
    title: content || blocker.key,
    content,
    task_id: taskId,
    metadata: { key: blocker.key, ...wait, resolution: resolutionForHistory(resolution) },
  });
}

/** What the result of its task says about the wait that ended: the signal, and which of several waits it was. */
function heardFrom({ mission, at }: ChangeBuilder, { key, kind, any_of }: Blocker, resolution: Resolution): Json {
  const { by } = resolution;
  const ends = by !== 'cancelled' && by !== 'timeout' && by !== 'unreachable';
  return {
    ...(by === 'signal' && { signal: { key, ...signalForResult(mission, resolution.signal) } }),
    ...(ends && (any_of || kind === 'time') && { ended_by: { key, kind, by, at } }),
  };
}

/** The end of an input request has its own history types; an expired request is never recorded as a response. */
function endingOf({ kind }: Blocker, resolution: Resolution): { kind: MissionChangeKind; content: string } {
  if (resolution.by === 'answer') {
    const { selected_option, freeform_text, note, via } = resolution.response;
    if (via === 'timeout')
      return {
        kind: 'input_expired',
        content: `Nobody answered in time; the default "${selected_option ?? ''}" was taken.`,
      };
    return { kind: 'input_responded', content: [selected_option, freeform_text, note].filter(Boolean).join(': ') };
  }
  if (resolution.by === 'timeout' && kind === 'human_input')
    return { kind: 'input_expired', content: 'Nobody answered in time.' };
  if (resolution.by === 'time') return { kind: 'unblocked', content: 'The time has come.' };
  if (resolution.by === 'cancelled' && resolution.ended_by !== undefined)
    return { kind: 'unblocked', content: `Another wait ended first: ${resolution.ended_by}` };
  if (resolution.by === 'withdrawn') return { kind: 'unblocked', content: `Question taken back: ${resolution.reason}` };
  if (resolution.by === 'unreachable') return { kind: 'unblocked', content: 'Nobody could be reached.' };
  return { kind: 'unblocked', content: '' };
}

/** Cancels the waits of a task, for a step that sets the task's status itself. */
export function cancelWaitsOf(changes: ChangeBuilder, taskId: string): void {
  for (const blocker of openBlockers(changes.mission))
    if (blocker.task_id === taskId) endBlocker(changes, blocker, { by: 'cancelled' });
}

/** Cancels every wait, for a step that sets the phase itself: the history shows no return to work in between. */
export function cancelAllWaits(changes: ChangeBuilder): void {
  for (const blocker of openBlockers(changes.mission)) endBlocker(changes, blocker, { by: 'cancelled' }, false);
}

function returnWhenFree(changes: ChangeBuilder): void {
  const { phase, return_phase } = changes.mission;
  if (phase !== 'waiting' || openBlockers(changes.mission).length > 0) return;
  changes.set({ phase: return_phase ?? 'executing', return_phase: null });
}

/** The open waits beside this one, if the first of them that ends closes the others. */
export const rivalsOf = (mission: Mission, { id, any_of }: Blocker): readonly Blocker[] =>
  any_of ? openBlockers(mission).filter((open) => open.any_of === any_of && open.id !== id) : [];

/**
 * Ends one wait, and the waits beside it that it closes. If it was the task's last, the task returns to `in_progress`,
 * or becomes `completed` if `on_signal` says so.
 */
export function resolveBlocker(changes: ChangeBuilder, blocker: Blocker, resolution: Resolution): void {
  const { task_id: taskId } = blocker;
  // A caller may go through waits of which an earlier one has closed this one.
  if (!openBlockers(changes.mission).some(({ id }) => id === blocker.id)) return;
  endBlocker(changes, blocker, resolution);
  for (const rival of rivalsOf(changes.mission, blocker))
    endBlocker(changes, rival, { by: 'cancelled', ended_by: blocker.key });
  if (
    taskId === null ||
    openBlockers(changes.mission).some((open) => open.task_id === taskId) ||
    !isWaiting(changes.task(taskId))
  )
    return;
  const comes = resolution.by === 'signal' || resolution.by === 'time';
  const completes = comes && blocker.on_signal === 'complete';
  moveTask(changes, taskId, completes ? 'completed' : 'in_progress');
}

/**
 * Only a final signal ends a wait with `until: all`; the first signal ends a wait with `until: any`. One that was
 * received before `accept_after` ends neither; the end of a mission is a state, and has no time that counts.
 */
export const answers = (signal: Signal, { until, kind, accept_after }: Blocker): boolean =>
  (signal.final || until === 'any') &&
  (kind === 'mission' || accept_after === null || accept_after <= signal.received_at);

const earliest = (a: string | null, b: string | null): string | null =>
  a === null ? b : b === null ? a : a < b ? a : b;
