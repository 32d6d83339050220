import type { Response } from '@missions/contracts/approval/input-request.ts';
import { inputRequestKey } from '@missions/contracts/waits.ts';
import { concernUnanswered } from './concerns.ts';
import { invalidTransition } from './decision.ts';
import { resultWithResponse, type Signal } from './heard.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireOpen } from './mission-steps.ts';
import { applyProposal } from './proposal.ts';
import { becomeReady } from './task-readiness.ts';
import { type Blocker, type Mission, openBlockers } from './state.ts';
import { moveTask } from './task-steps.ts';
import { answers, cancelWaitsOf, endBlocker, resolveBlocker, rivalsOf } from './waiting.ts';

/**
 * How a wait ends from outside: by the user's response, a signal, a deadline, or because no recipient can be reached.
 * Each may arrive late, after the wait has ended otherwise, and then changes nothing; but what the user has said is
 * heard.
 */
export function receiveResponse(changes: ChangeBuilder, requestId: string, response: Response): void {
  const blocker = openBlockers(changes.mission).find((open) => open.key === inputRequestKey(requestId));
  if (!blocker) return hearLate(changes, requestId, response);
  if (blocker.task_id !== null) {
    const { result } = changes.task(blocker.task_id);
    changes.setTask(blocker.task_id, { result: resultWithResponse(changes.mission, result, requestId, response) });
  }
  resolveBlocker(changes, blocker, { by: 'answer', request_id: requestId, response });
  if (blocker.proposes) applyProposal(changes, blocker.proposes, response);
  becomeReady(changes);
}

/**
 * The user was told that their response counts: the approval service learns by an event, some milliseconds later, that
 * the mission no longer waits. The response then moves nothing, and stands in the history as the user's words, in an
 * ended mission too.
 */
function hearLate(changes: ChangeBuilder, requestId: string, response: Response): void {
  const { selected_option, freeform_text, note, via } = response;
  if (via === 'timeout') return;
  const content = [selected_option, freeform_text, note].filter(Boolean).join(': ');
  changes.record('logged', {
    logged: 'user_message',
    title: 'Response to a question whose wait had ended',
    content,
    metadata: { request_id: requestId, selected_option, late: true },
  });
}

/** The input request expired without a response and without a default option. */
export function expireInputRequest(changes: ChangeBuilder, requestId: string): void {
  const blocker = openBlockers(changes.mission).find((open) => open.key === inputRequestKey(requestId));
  if (!blocker) return;
  failWait(changes, blocker, 'timeout');
  // The agent that asked has said how the task goes on without an answer.
  if (blocker.task_id === null || blocker.on_timeout === 'fail') concernUnanswered(changes, blocker);
}

/** The deadline of an open wait, which is of this service and never moves; null if there is none. */
export const deadlineOfWait = (mission: Mission, blockerId: string): string | null =>
  openBlockers(mission).find((open) => open.id === blockerId)?.timeout_at ?? null;

/** The deadline of a wait has come, or the time that it waited for, which the database's clock has confirmed. */
export function reachDeadline(changes: ChangeBuilder, blockerId: string, deadline: string): void {
  const blocker = openBlockers(changes.mission).find((open) => open.id === blockerId);
  if (blocker?.timeout_at !== deadline) return;
  if (blocker.kind !== 'time') return failWait(changes, blocker, 'timeout');
  resolveBlocker(changes, blocker, { by: 'time' });
  becomeReady(changes);
}

/** Error code of a task whose wait ended without a result. */
const errors = { timeout: 'timeout', unreachable: 'undeliverable' } as const;

/**
 * Ends a wait without a result. `on_timeout` decides whether the task fails or continues. If the whole mission waited,
 * the mission continues and needs attention.
 */
export function failWait(changes: ChangeBuilder, blocker: Blocker, by: keyof typeof errors): void {
  const { task_id: taskId } = blocker;
  if (rivalsOf(changes.mission, blocker).length > 0) {
    // The task still waits for the others, of which any may end its wait.
    endBlocker(changes, blocker, { by });
  } else if (taskId === null) {
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

/** Delivers a signal to one wait. If the wait has ended already, nothing happens: signals may arrive late. */
export function receiveSignal(changes: ChangeBuilder, blockerId: string, signal: Signal): void {
  const blocker = openBlockers(changes.mission).find((open) => open.id === blockerId);
  if (!blocker || !answers(signal, blocker)) return;
  resolveBlocker(changes, blocker, { by: 'signal', signal });
  becomeReady(changes);
}

/**
 * The user reports that the external waits of a task are over (specification section 5): each ends as by its signal. An
 * input request does not end this way; it needs a response.
 */
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
      'The task has no external wait.',
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
