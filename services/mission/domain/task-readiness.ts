import type { ChangeBuilder } from './mission-changes.ts';
import { isMet, type Task } from './state.ts';
import { startWaiting } from './waiting.ts';

/**
 * Re-computes what is ready, in the transaction of whatever changed it (specification section 4.2). A pending task whose dependencies are met
 * becomes ready; a ready one whose dependencies were changed may go back. A task that only waits starts its wait at once.
 * `fresh`: tasks added by this command, whose first readiness is part of `task_added` and told by no entry of its own.
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

/** After a replan, tasks that only wait stand ready until work begins again, with whatever step it begins. */
export function startWaits(changes: ChangeBuilder): void {
  if ((changes.mission.return_phase ?? changes.mission.phase) === 'planning') return;
  for (const task of changes.mission.tasks)
    if (task.status === 'ready' && task.wait_for) startWaiting(changes, task.id);
}
