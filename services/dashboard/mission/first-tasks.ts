import type { Task } from '../store/shapes.ts';

/** Nobody reads a thousand rows at once, and to show them takes a second. */
export const FIRST_SHOWN = 100;

const AT_REST: readonly Task['status'][] = ['completed', 'skipped', 'pending', 'ready'];

/**
 * Of a long plan, the tasks that are shown first: whatever failed, waits or is being worked on, and then as many others
 * as there is room for, all in the order of the plan.
 */
export function firstTasks<T extends Pick<Task, 'status'>>(tasks: readonly T[], most: number): readonly T[] {
  if (tasks.length <= most) return tasks;
  const isPressing = ({ status }: T): boolean => !AT_REST.includes(status);
  const others = tasks.filter((task) => !isPressing(task));
  const shown = new Set([...tasks.filter(isPressing), ...others].slice(0, most));
  return tasks.filter((task) => shown.has(task));
}
