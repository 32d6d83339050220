import type { TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import { invalidTransition } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import type { Task } from './state.ts';

/**
 * The task's state machine (specification section 4.2): which step is possible from which status, and the only
 * functions that take one.
 *
 *     pending ◀──▶ ready ──▶ in_progress ◀──▶ waiting_human, waiting_external, blocked
 *                    ▲            │                │
 *                    │            ├──▶ completed ◀─┤   (from waiting_human only through in_progress)
 *                    ├── retry ── ├──▶ failed ◀────┤
 *                    ╰── replan ──┴────────────────╯   (in_progress and waiting tasks)
 *
 * Every status but `completed` and `skipped` also leads to `skipped`. Readiness, which moves tasks between `pending`
 * and `ready`, is computed in `task-readiness.ts`; the waiting statuses begin and end with blockers, in `waiting.ts`.
 */

/** Every step between two task statuses, whoever causes it. */
export const taskSteps: Record<TaskStatus, readonly TaskStatus[]> = {
  pending: ['ready', 'skipped'],
  ready: ['pending', 'in_progress', 'skipped'],
  in_progress: ['waiting_human', 'waiting_external', 'blocked', 'completed', 'failed', 'skipped', 'ready'],
  waiting_human: ['in_progress', 'failed', 'ready', 'skipped'],
  waiting_external: ['in_progress', 'completed', 'failed', 'ready', 'skipped'],
  blocked: ['in_progress', 'completed', 'failed', 'ready', 'skipped'],
  completed: [],
  failed: ['ready', 'skipped'],
  skipped: [],
};

/**
 * The statuses that a caller may request. Narrower than `taskSteps` where the system alone decides (readiness, the
 * response to an input request, replanning), and wider in one respect: a ready task may be completed or start to wait
 * in one command, through `in_progress`.
 */
export const askableTaskSteps: Record<TaskStatus, readonly TaskStatus[]> = {
  pending: ['skipped'],
  ready: ['in_progress', 'waiting_external', 'blocked', 'completed', 'skipped'],
  in_progress: ['waiting_external', 'blocked', 'completed', 'failed', 'skipped'],
  waiting_human: ['failed', 'skipped'],
  waiting_external: ['in_progress', 'completed', 'failed', 'skipped'],
  blocked: ['in_progress', 'completed', 'failed', 'skipped'],
  completed: [],
  failed: ['ready', 'skipped'],
  skipped: [],
};

/** Takes one step of `taskSteps`; the first step of work also moves the mission out of planning. */
export function moveTask(changes: ChangeBuilder, id: string, to: TaskStatus, fields: Partial<Task> = {}): void {
  const { status } = changes.task(id);
  if ((status === 'ready' && to !== 'pending') || (status === 'pending' && to !== 'ready')) leavePlanning(changes);
  takeStep(changes, id, to, fields);
}

/**
 * Takes and records one step, and leaves the phase of the mission unchanged. The steps that end a mission call this
 * function directly: the tasks that they skip were not worked on, and they set the phase themselves.
 */
export function takeStep(changes: ChangeBuilder, id: string, to: TaskStatus, fields: Partial<Task> = {}): void {
  const task = changes.task(id);
  if (!taskSteps[task.status].includes(to))
    throw invalidTransition(`Task "${task.title.slice(0, 80)}"`, task.status, to, taskSteps[task.status]);
  changes.setTask(id, { status: to, ...stamps(changes, task, to), ...fields });
  const metadata = { task_status: { from: task.status, to } };
  changes.record(to === 'completed' ? 'task_completed' : 'task_updated', {
    title: task.title,
    task_id: id,
    metadata,
    content: fields.error ?? '',
  });
}

/**
 * The step `execute`, taken with the first task that leaves `pending` and `ready`. While the mission waits,
 * `return_phase` changes instead.
 */
export function leavePlanning(changes: ChangeBuilder): void {
  if (changes.mission.phase === 'planning') changes.set({ phase: 'executing' });
  else if (changes.mission.phase === 'waiting') changes.set({ return_phase: 'executing' });
}

function stamps(changes: ChangeBuilder, task: Task, to: TaskStatus): Partial<Task> {
  switch (to) {
    case 'in_progress':
      return { started_at: task.started_at ?? changes.at };
    case 'completed':
    case 'failed':
    case 'skipped':
      return { completed_at: changes.at, blocked_by: '', blocked_reason: '', timeout_at: null, claim: null };
    case 'ready':
      return { blocked_by: '', blocked_reason: '', timeout_at: null };
    case 'pending':
    case 'waiting_human':
    case 'waiting_external':
    case 'blocked':
      return {};
    default:
      return to satisfies never;
  }
}
