import type { Response } from '@missions/contracts/approval/input-request.ts';
import { inputRequestKey } from '@missions/contracts/waits.ts';
import { invalidTransition } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireOpen } from './mission-steps.ts';
import { becomeReady } from './task-readiness.ts';
import { type Blocker, openBlockers } from './state.ts';
import { moveTask } from './task-steps.ts';
import { answers, cancelWaitsOf, endBlocker, resolveBlocker, type Signal } from './waiting.ts';

/**
 * What ends a wait from outside besides a signal: the user's answer, a deadline, or that nobody can be reached. Both may come late (the wait was cancelled, or ended
 * otherwise, meanwhile), and then change nothing.
 */
export function receiveResponse(changes: ChangeBuilder, requestId: string, response: Response): void {
  const blocker = openBlockers(changes.mission).find((open) => open.key === inputRequestKey(requestId));
  if (!blocker) return;
  if (blocker.task_id !== null) {
    const { result } = changes.task(blocker.task_id);
    const earlier = (result['responses'] ?? {}) as Record<string, Response>;
    changes.setTask(blocker.task_id, {
      result: { ...result, response, responses: { ...earlier, [requestId]: response } },
    });
  }
  resolveBlocker(changes, blocker, { by: 'answer', request_id: requestId, response });
  becomeReady(changes);
}

/** The approval service says that nobody answered, and there was no default to take. */
export function expireInputRequest(changes: ChangeBuilder, requestId: string): void {
  const blocker = openBlockers(changes.mission).find((open) => open.key === inputRequestKey(requestId));
  if (blocker) failWait(changes, blocker, 'timeout');
}

/**
 * A timer says that a wait's deadline has come. The deadline is compared with the one the timer was set for, not with a clock: this host's may be
 * behind the one that decided that it was due.
 */
export function reachDeadline(changes: ChangeBuilder, blockerId: string, deadline: string): void {
  const blocker = openBlockers(changes.mission).find((open) => open.id === blockerId);
  if (blocker?.timeout_at === deadline) failWait(changes, blocker, 'timeout');
}

/** What a task fails with. */
const errors = { timeout: 'timeout', unreachable: 'undeliverable' } as const;

/** `on_timeout` decides: the task fails, or goes on without. What the whole mission waited for is over: it goes on, and needs attention. */
export function failWait(changes: ChangeBuilder, blocker: Blocker, by: keyof typeof errors): void {
  const { task_id: taskId } = blocker;
  if (taskId === null) {
    changes.set({ unanswered_at: changes.at });
    resolveBlocker(changes, blocker, { by });
  } else if (blocker.on_timeout === 'resume') {
    resolveBlocker(changes, blocker, { by });
  } else {
    endBlocker(changes, blocker, { by });
    cancelWaitsOf(changes, taskId);
    moveTask(changes, taskId, 'failed', { error: errors[by] });
  }
  becomeReady(changes);
}

/** A signal reaches one wait. That the wait is over, however it ended, is nothing to complain of: signals may come late. */
export function receiveSignal(changes: ChangeBuilder, blockerId: string, signal: Signal): void {
  const blocker = openBlockers(changes.mission).find((open) => open.id === blockerId);
  if (!blocker || !answers(signal, blocker)) return;
  resolveBlocker(changes, blocker, { by: 'signal', signal });
  becomeReady(changes);
}

/** The user says that what a task waits for outside has arrived (specification section 5): as if its signal had come. Questions want answers instead. */
export function markReceived(changes: ChangeBuilder, taskId: string): void {
  requireOpen(changes.mission);
  const task = changes.task(taskId);
  const waits = openBlockers(changes.mission).filter((open) => open.task_id === taskId && open.kind !== 'human_input');
  if (waits.length === 0)
    throw invalidTransition(
      `Task "${task.title.slice(0, 80)}"`,
      task.status,
      'received',
      [],
      'It does not wait for anything outside.',
    );
  for (const blocker of waits) {
    const signal = {
      id: changes.newId(),
      data: { marked_received_by: changes.actor.kind },
      final: true,
      received_at: changes.at,
    };
    resolveBlocker(changes, blocker, { by: 'signal', signal });
  }
  becomeReady(changes);
}
