import { inputRequestKey } from '@missions/contracts/waits.ts';
import { Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { isWaiting, openBlockers } from './state.ts';
import { becomeReady } from './task-readiness.ts';
import { moveTask } from './task-steps.ts';
import { endBlocker } from './waiting.ts';

/**
 * Takes one open question back: its wait ends without an answer, and the task is again what it was when the question
 * was asked. What else the task waits for stays open. The approval service hears of it by the event, and ends the
 * question; an answer that was given a moment before stands in the history.
 */
export function withdrawInput(changes: ChangeBuilder, requestId: string, reason: string): void {
  const blocker = openBlockers(changes.mission).find((open) => open.key === inputRequestKey(requestId));
  if (!blocker)
    throw new Refused(
      'INPUT_REQUEST_NOT_FOUND',
      `This mission has no open question ${requestId}. Read the mission to see which are open.`,
    );
  endBlocker(changes, blocker, { by: 'withdrawn', request_id: requestId, reason });
  const { task_id: taskId, task_was } = blocker;
  if (taskId === null || openBlockers(changes.mission).some((open) => open.task_id === taskId)) return;
  if (!isWaiting(changes.task(taskId))) return;
  moveTask(changes, taskId, task_was ?? 'in_progress', task_was === 'ready' ? { started_at: null } : {});
  becomeReady(changes);
}
