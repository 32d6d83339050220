import type { WaitFor } from '@missions/contracts/mission/bodies.ts';
import type { MissionChangeKind } from '@missions/contracts/mission/changes.ts';
import { type BlockerKind, blockerKinds, type TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import { blockerKey } from '@missions/contracts/waits.ts';
import { invalidTransition, Refused } from './decision.ts';
import { type Resolution, resolutionForBlocker, resolutionForHistory, type Signal, signalForResult } from './heard.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { type Blocker, isWaiting, openBlockers, type Wait } from './state.ts';
import { askableTaskSteps, leavePlanning, moveTask } from './task-steps.ts';

/**
 * Waiting: how blockers open and end (specification sections 3.4 and 4). A mission waits while any blocker is open; a
 * task waits while one of its own blockers is open. When the last blocker ends, the task returns to `in_progress` (or
 * becomes `completed`), and the mission returns to the phase before the wait. `wait-outcomes.ts` decides how a signal,
 * a response or a deadline ends a blocker.
 */
export const HOUR = 3_600_000;
const DEFAULT_TIMEOUT_HOURS = 24;

export function waitOf(input: WaitFor, defaultReference: string, onSignal: Wait['on_signal']): Wait {
  return {
    kind: input.kind,
    reference: input.reference ?? defaultReference,
    timeout_hours: input.timeout_hours ?? DEFAULT_TIMEOUT_HOURS,
    until: input.until ?? 'all',
    on_signal: input.on_signal ?? onSignal,
    on_timeout: input.on_timeout ?? 'fail',
    accept_after: input.accept_after === undefined ? null : new Date(input.accept_after).toISOString(),
    reason: input.reason ?? '',
  };
}

/**
 * `kind:reference` with a known kind is an external wait; any other text is the reason of a manual wait (specification
 * section 5).
 */
export function parseBlockedBy(text: string, reason: string, path: string): Wait {
  const colon = text.indexOf(':');
  const kind = blockerKinds.find((known) => known === text.slice(0, Math.max(colon, 0)));
  if (kind === 'human_input') {
    throw new Refused(
      'VALIDATION_FAILED',
      'A wait for the user is opened by an input request: POST …/input-requests. blocked_by cannot open it.',
      {
        errors: [{ path, message: 'human_input waits are opened by requesting input' }],
      },
    );
  }
  const reference = kind && kind !== 'manual' ? text.slice(colon + 1) : '';
  if (kind && kind !== 'manual' && reference)
    return waitOf({ kind, reference, ...(reason && { reason }) }, reference, 'resume');
  const label = kind === 'manual' ? text.slice(colon + 1) : text;
  return waitOf({ kind: 'manual', reference: label, reason: reason || label }, label, 'resume');
}

export const statusForKind = (
  kind: BlockerKind,
): Extract<TaskStatus, 'waiting_human' | 'waiting_external' | 'blocked'> =>
  kind === 'human_input' ? 'waiting_human' : kind === 'manual' || kind === 'mission' ? 'blocked' : 'waiting_external';

/** Starts the wait of a task that only waits, through `in_progress`; the deadline counts from this command. */
export function startWaiting(changes: ChangeBuilder, taskId: string): void {
  const { wait_for } = changes.task(taskId);
  if (wait_for) openBlocker(changes, taskId, wait_for);
}

export function openBlocker(changes: ChangeBuilder, taskId: string | null, wait: Wait): void {
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
    timeout_at:
      wait.kind === 'manual'
        ? null
        : new Date(new Date(changes.at).getTime() + wait.timeout_hours * HOUR).toISOString(),
    accept_after: wait.accept_after,
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
      ...(resolution.by === 'signal' && {
        result: {
          ...changes.task(taskId).result,
          signal: { key: blocker.key, ...signalForResult(changes.mission, resolution.signal) },
        },
      }),
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

/** The end of an input request has its own history types; an expired request is never recorded as a response. */
function endingOf({ kind }: Blocker, resolution: Resolution): { kind: MissionChangeKind; content: string } {
  if (resolution.by === 'answer') {
    const { selected_option, freeform_text, via } = resolution.response;
    if (via === 'timeout')
      return {
        kind: 'input_expired',
        content: `Nobody answered in time; the default "${selected_option ?? ''}" was taken.`,
      };
    return { kind: 'input_responded', content: [selected_option, freeform_text].filter(Boolean).join(': ') };
  }
  if (resolution.by === 'timeout' && kind === 'human_input')
    return { kind: 'input_expired', content: 'Nobody answered in time.' };
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

/**
 * Ends one wait. If it was the task's last, the task returns to `in_progress`, or becomes `completed` if `on_signal`
 * says so.
 */
export function resolveBlocker(changes: ChangeBuilder, blocker: Blocker, resolution: Resolution): void {
  endBlocker(changes, blocker, resolution);
  const { task_id: taskId } = blocker;
  if (
    taskId === null ||
    openBlockers(changes.mission).some((open) => open.task_id === taskId) ||
    !isWaiting(changes.task(taskId))
  )
    return;
  const completes = resolution.by === 'signal' && blocker.on_signal === 'complete';
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
