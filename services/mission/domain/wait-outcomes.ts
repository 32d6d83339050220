import type { Response } from '@missions/contracts/approval/input-request.ts';
import { inputRequestKey } from '@missions/contracts/waits.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { becomeReady } from './task-readiness.ts';
import { type Blocker, openBlockers } from './state.ts';
import { moveTask } from './task-steps.ts';
import { cancelWaitsOf, endBlocker, resolveBlocker } from './waiting.ts';

/**
 * What ends a wait from outside besides a signal: the user's answer, a deadline, or that nobody can be reached. Both may come late (the wait was cancelled, or ended
 * otherwise, meanwhile), and then change nothing.
 */
export function receiveResponse(draft: ChangeBuilder, requestId: string, response: Response): void {
  const blocker = openBlockers(draft.mission).find((open) => open.key === inputRequestKey(requestId));
  if (!blocker) return;
  if (blocker.task_id !== null) {
    const { result } = draft.task(blocker.task_id);
    const earlier = (result['responses'] ?? {}) as Record<string, Response>;
    draft.setTask(blocker.task_id, {
      result: { ...result, response, responses: { ...earlier, [requestId]: response } },
    });
  }
  resolveBlocker(draft, blocker, { by: 'answer', request_id: requestId, response });
  becomeReady(draft);
}

/** The approval service says that nobody answered, and there was no default to take. */
export function expireInputRequest(draft: ChangeBuilder, requestId: string): void {
  const blocker = openBlockers(draft.mission).find((open) => open.key === inputRequestKey(requestId));
  if (blocker) failWait(draft, blocker, 'timeout');
}

/**
 * A timer says that a wait's deadline has come. The deadline is compared with the one the timer was set for, not with a clock: this host's may be
 * behind the one that decided that it was due.
 */
export function reachDeadline(draft: ChangeBuilder, blockerId: string, deadline: string): void {
  const blocker = openBlockers(draft.mission).find((open) => open.id === blockerId);
  if (blocker?.timeout_at === deadline) failWait(draft, blocker, 'timeout');
}

/** What a task fails with. */
const errors = { timeout: 'timeout', unreachable: 'undeliverable' } as const;

/** `on_timeout` decides: the task fails, or goes on without. What the whole mission waited for is over: it goes on, and needs attention. */
export function failWait(draft: ChangeBuilder, blocker: Blocker, by: keyof typeof errors): void {
  const { task_id: taskId } = blocker;
  if (taskId === null) {
    draft.set({ unanswered_at: draft.at });
    resolveBlocker(draft, blocker, { by });
  } else if (blocker.on_timeout === 'resume') {
    resolveBlocker(draft, blocker, { by });
  } else {
    endBlocker(draft, blocker, { by });
    cancelWaitsOf(draft, taskId);
    moveTask(draft, taskId, 'failed', { error: errors[by] });
  }
  becomeReady(draft);
}
