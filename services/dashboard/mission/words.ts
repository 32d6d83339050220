import type { Mission, Task } from '../store/shapes.ts';

const TASKS: Readonly<Record<Task['status'], string>> = {
  pending: 'comes later',
  ready: 'can begin',
  in_progress: 'is worked on',
  waiting_human: 'waits for you',
  waiting_external: 'waits for others',
  blocked: 'is held up',
  completed: 'done',
  failed: 'failed',
  skipped: 'skipped',
};
/** The status of a task in words for its user. */
export const taskWord = (status: Task['status']): string => TASKS[status] ?? status;

const MISSIONS: Readonly<Record<Mission['status'], string>> = {
  active: 'Under way',
  waiting: 'Waits',
  paused: 'Paused',
  completed: 'Done',
  cancelled: 'Cancelled',
  failed: 'Failed',
};
export const missionWord = (status: Mission['status']): string => MISSIONS[status] ?? status;

/** “3 of 7 tasks done”; tasks that were skipped do not count. Undefined without tasks. */
export function progressOf({ task_counts }: Pick<Mission, 'task_counts'>): { done: number; of: number } | undefined {
  const counts = Object.entries(task_counts as Readonly<Record<string, number | undefined>>);
  const of = counts.reduce((sum, [status, count = 0]) => (status === 'skipped' ? sum : sum + count), 0);
  return of === 0 ? undefined : { done: (task_counts as Record<string, number>)['completed'] ?? 0, of };
}
