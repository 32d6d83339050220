import { taskTexts } from '@missions/contracts/approval/input-request.ts';
import type { TaskPatch } from '@missions/contracts/mission/bodies.ts';
import type { TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import { invalidTransition, Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireOpen, retry } from './mission-steps.ts';
import { changeDependencies } from './plan.ts';
import { requireUnclaimed } from './task-claims.ts';
import { becomeReady } from './task-readiness.ts';
import { openBlockers, type Task } from './state.ts';
import { askableTaskSteps, moveTask } from './task-steps.ts';
import { cancelWaitsOf, openBlocker, resolveBlocker, statusForKind } from './waiting.ts';
import { parseBlockedBy } from './wait-request.ts';

/**
 * The system writes these members when a response or a signal arrives; a caller's result may not overwrite them
 * (specification section 8).
 */
const systemResults = ['response', 'responses', 'signal'] as const;

/**
 * PATCH of a task, in one decision: sets the fields, takes the step, then recomputes which tasks are ready. New
 * dependencies count before the step: it is decided on the task as the whole call leaves it.
 */
export function patchTask(changes: ChangeBuilder, taskId: string, patch: TaskPatch): void {
  const task = changes.task(taskId);
  if (touchesWork(patch)) requireUnclaimed(changes, taskId);
  const retries = patch.status === 'ready' && task.status === 'failed' && !patch.blocked_by;
  if (!retries) requireOpen(changes.mission);
  if (
    patch.blocked_reason !== undefined &&
    !opensWait(patch) &&
    !(patch.blocked_by === '' && patch.blocked_reason === '')
  )
    throw unattached();
  setFields(changes, task, patch);
  if (patch.depends_on) {
    changeDependencies(changes, changes.task(taskId), patch.depends_on);
    becomeReady(changes);
  }
  if (retries) retry(changes, taskId);
  else if (patch.status === 'waiting_external' || patch.status === 'blocked')
    wait(changes, changes.task(taskId), patch.status, patch);
  else if (patch.blocked_by && patch.status && patch.status !== task.status) throw contradicting();
  else if (patch.blocked_by) block(changes, changes.task(taskId), patch.blocked_by, patch.blocked_reason ?? '');
  else {
    if (patch.blocked_by === '') unblockByHand(changes, taskId);
    if (patch.status && patch.status !== changes.task(taskId).status)
      moveByHand(changes, changes.task(taskId), patch.status, patch);
  }
  becomeReady(changes);
}

/** Names, order and dependencies belong to the plan, and not to the work on the task. */
const touchesWork = ({ status, result, error, blocked_by }: TaskPatch): boolean =>
  status !== undefined || result !== undefined || error !== undefined || blocked_by !== undefined;

const opensWait = ({ blocked_by, status }: TaskPatch): boolean =>
  Boolean(blocked_by) || (status === 'blocked' && blocked_by === undefined);

function setFields(changes: ChangeBuilder, task: Task, patch: TaskPatch): void {
  const changed: Partial<Record<keyof Task, unknown>> = {};
  if (patch.title !== undefined && patch.title !== task.title) changed.title = patch.title;
  if (patch.description !== undefined && patch.description !== task.description)
    changed.description = patch.description;
  if (patch.order !== undefined && patch.order !== task.order) changed.order = patch.order;
  if (patch.error !== undefined && patch.error !== task.error && patch.status !== 'failed') changed.error = patch.error;
  if (patch.result !== undefined) {
    const own = Object.hasOwn(task.result, 'ended_by') ? [...systemResults, 'ended_by'] : systemResults;
    const reserved = own.filter((name) => Object.hasOwn(patch.result ?? {}, name));
    if (reserved.length > 0) {
      throw new Refused(
        'VALIDATION_FAILED',
        `result.${reserved[0]} is written by the system when a response or a signal arrives. Use another name.`,
        {
          errors: reserved.map((name) => ({ path: `/result/${name}`, message: 'is written by the system only' })),
        },
      );
    }
    const merged = { ...task.result, ...patch.result };
    if (JSON.stringify(merged) !== JSON.stringify(task.result)) changed.result = merged;
  }
  const names = Object.keys(changed);
  if (names.length === 0) return;
  const next = changes.setTask(task.id, changed as Partial<Task>);
  // Questions about the task show what it is called now beside what it was called when they were asked.
  const reads = names.includes('title') || names.includes('description');
  changes.record('task_updated', {
    title: next.title,
    task_id: task.id,
    metadata: { changed: names },
    ...(reads && { event: { task_texts: taskTexts(next) } }),
  });
}

/**
 * `status` is the kind of wait, `blocked_by` its key. With the status `blocked`, `blocked_by` may be left out: the wait
 * is manual then.
 */
function wait(changes: ChangeBuilder, task: Task, status: 'waiting_external' | 'blocked', patch: TaskPatch): void {
  if (task.status !== status && !askableTaskSteps[task.status].includes(status)) throw refusedStep(task, status);
  const blockedBy = patch.blocked_by || (status === 'blocked' ? `manual:${patch.blocked_reason ?? ''}` : '');
  // A repeated status changes nothing, unless another reason is given, which opens a further wait.
  if (
    task.status === status &&
    !patch.blocked_by &&
    (!patch.blocked_reason || patch.blocked_reason === task.blocked_reason)
  )
    return;
  const want = blockedBy ? parseBlockedBy(blockedBy, patch.blocked_reason ?? '', '/blocked_by') : null;
  if (!want || statusForKind(want.kind) !== status) {
    const message =
      `To become ${status}, name the awaited thing: blocked_by as ` +
      `"${status === 'blocked' ? 'manual' : 'email_reply'}:<reference>".`;
    throw invalidField('/blocked_by', message);
  }
  block(changes, task, blockedBy, patch.blocked_reason ?? '');
}

const contradicting = (): Refused =>
  invalidField(
    '/blocked_by',
    'blocked_by opens a wait: send it alone, or with the status waiting_external or blocked.',
  );
const unattached = (): Refused =>
  invalidField(
    '/blocked_reason',
    'blocked_reason is the reason of a wait: send it with blocked_by, or with the status blocked.',
  );
const invalidField = (path: string, message: string): Refused =>
  new Refused('VALIDATION_FAILED', message, { errors: [{ path, message }] });

function block(changes: ChangeBuilder, task: Task, blockedBy: string, reason: string): void {
  const want = parseBlockedBy(blockedBy, reason, '/blocked_by');
  const to = statusForKind(want.kind);
  const waits = openBlockers(changes.mission).some((open) => open.task_id === task.id);
  if (!waits && task.status !== to && !askableTaskSteps[task.status].includes(to)) throw refusedStep(task, to);
  openBlocker(changes, task.id, want);
}

function unblockByHand(changes: ChangeBuilder, taskId: string): void {
  for (const blocker of openBlockers(changes.mission)) {
    if (blocker.task_id === taskId && blocker.kind !== 'human_input') resolveBlocker(changes, blocker, { by: 'hand' });
  }
}

function moveByHand(changes: ChangeBuilder, task: Task, to: TaskStatus, patch: TaskPatch): void {
  const allowed = askable(changes, task);
  if (!allowed.includes(to)) throw refusedStep(task, to, allowed);
  cancelWaitsOf(changes, task.id);
  if (task.status === 'ready' && to === 'completed') moveTask(changes, task.id, 'in_progress');
  moveTask(changes, task.id, to, to === 'failed' ? { error: patch.error ?? task.error } : {});
}

/**
 * While an input request is open, only the steps of `waiting_human` are allowed, also if the task's status shows
 * another wait.
 */
function askable(changes: ChangeBuilder, task: Task): readonly TaskStatus[] {
  const asked = openBlockers(changes.mission).some((open) => open.task_id === task.id && open.kind === 'human_input');
  return askableTaskSteps[asked ? 'waiting_human' : task.status];
}

function refusedStep(task: Task, to: TaskStatus, allowed = askableTaskSteps[task.status]) {
  const hints: Partial<Record<TaskStatus, string>> = {
    pending: 'The task becomes ready by itself when the tasks it depends on are completed or skipped.',
    waiting_human: 'Only the user responds to an input request.',
  };
  const hint = to === 'waiting_human' ? 'Request input instead: POST …/input-requests.' : (hints[task.status] ?? '');
  return invalidTransition(`Task "${task.title.slice(0, 80)}"`, task.status, to, allowed, hint);
}
