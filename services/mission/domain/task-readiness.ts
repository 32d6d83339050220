import type { ChangeBuilder } from './mission-changes.ts';
import { isMet, type Task } from './state.ts';
import { startWaiting } from './waiting.ts';

/**
 * Decides which tasks are ready, as part of the command that changed a task (specification section 4.2). A pending task
 * becomes ready when every dependency is completed or skipped; a ready task whose dependencies were changed may become
 * pending again. A ready task that only waits starts its wait at once, except while the mission is planning (see
 * `startWaits`). Retry, replan and restore set `ready` by themselves: `mission-steps.ts`, `lifecycle.ts`.
 * `fresh`: ids of tasks that this command adds; `task_added` covers their first readiness, which gets no entry of its
 * own.
 */
export function becomeReady(changes: ChangeBuilder, fresh: readonly string[] = []): void {
  const byId = new Map(changes.mission.tasks.map((task) => [task.id, task]));
  const met = (task: Task): boolean => task.depends_on.every((id) => isMet(byId.get(id) as Task));
  for (const task of changes.mission.tasks) {
    if (task.status !== 'pending' && task.status !== 'ready') continue;
    const status = met(task) ? 'ready' : 'pending';
    if (status === task.status) continue;
    changes.setTask(task.id, { status });
    if (!fresh.includes(task.id)) {
      changes.record('task_updated', {
        title: task.title,
        task_id: task.id,
        metadata: { task_status: { from: task.status, to: status } },
      });
    }
    if (status === 'ready' && task.wait_for) startWaiting(changes, task.id);
  }
  startWaits(changes);
}

/**
 * Starts the waits of ready tasks that only wait. Not while the mission is planning, which it is again after a replan:
 * such tasks then stay ready until any step begins the work again.
 */
export function startWaits(changes: ChangeBuilder): void {
  if ((changes.mission.return_phase ?? changes.mission.phase) === 'planning') return;
  for (const task of changes.mission.tasks)
    if (task.status === 'ready' && task.wait_for) startWaiting(changes, task.id);
}
