import type { TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import { invalidTransition } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import type { Task } from './state.ts';
import { taskSteps } from './transitions.ts';

/** Takes one step of the task table, and with it leaves planning when it is the first one. */
export function moveTask(draft: ChangeBuilder, id: string, to: TaskStatus, fields: Partial<Task> = {}): void {
  const { status } = draft.task(id);
  if ((status === 'ready' && to !== 'pending') || (status === 'pending' && to !== 'ready')) leavePlanning(draft);
  takeStep(draft, id, to, fields);
}

/**
 * The step alone, recorded; every change of a task's status, whoever asks for it, goes through here. What ends a mission takes it directly:
 * tasks that it skips were not worked on, and it says itself what becomes of the phase.
 */
export function takeStep(draft: ChangeBuilder, id: string, to: TaskStatus, fields: Partial<Task> = {}): void {
  const task = draft.task(id);
  if (!taskSteps[task.status].includes(to))
    throw invalidTransition(`Task "${task.title.slice(0, 80)}"`, task.status, to, taskSteps[task.status]);
  draft.setTask(id, { status: to, ...stamps(draft, task, to), ...fields });
  const metadata = { task_status: { from: task.status, to } };
  draft.record(to === 'completed' ? 'task_completed' : 'task_updated', {
    title: task.title,
    task_id: id,
    metadata,
    content: fields.error ?? '',
  });
}

/** "Execute": the first task that leaves `pending`/`ready`. While the mission waits, it is the phase to return to that changes. */
export function leavePlanning(draft: ChangeBuilder): void {
  if (draft.mission.phase === 'planning') draft.set({ phase: 'executing' });
  else if (draft.mission.phase === 'waiting') draft.set({ return_phase: 'executing' });
}

function stamps(draft: ChangeBuilder, task: Task, to: TaskStatus): Partial<Task> {
  switch (to) {
    case 'in_progress':
      return { started_at: task.started_at ?? draft.at };
    case 'completed':
    case 'failed':
    case 'skipped':
      return { completed_at: draft.at, blocked_by: '', blocked_reason: '', timeout_at: null };
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
