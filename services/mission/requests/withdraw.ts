import { Problem } from '@missions/contracts/errors.ts';
import type { WithdrawnInputRequest } from '@missions/contracts/mission/representation.ts';
import { withdrawInput } from '@missions/contracts/mission/requests.ts';
import { inputRequestKey } from '@missions/contracts/waits.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type Context, executeCommand } from '../commands/execute-command.ts';
import { type Mission, statusOf } from '../domain/state.ts';
import { endOfQuestion } from '../store/pending-questions.ts';

/** Takes one open question of a mission back (specification section 8). */
export const withdrawEndpoint = (context: Context): Endpoint =>
  endpoint(withdrawInput, async ({ input: { mission_id, request_id: asked, reason, conversation_id }, ...call }) => {
    const request_id = asked.toLowerCase();
    const command = { type: 'WithdrawInput', request_id, reason } as const;
    const options = { mission_id, conversation_id, command };
    try {
      return await executeCommand(context, call, options, async (_tx, { mission, changes }) => {
        const task_id = changes.find(({ kind }) => kind === 'unblocked')?.task_id ?? null;
        return JSON.stringify(withdrawn(mission, { request_id, reason, task_id }));
      });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'INPUT_REQUEST_NOT_FOUND') throw error;
      const key = inputRequestKey(request_id);
      throw refusalOf(await endOfQuestion(autocommit(context.db), call.caller.customer_id, mission_id, key)) ?? error;
    }
  });

/** Why a question that is not open cannot be taken back; undefined if the mission never asked it. */
function refusalOf(by: string | undefined): Problem | undefined {
  if (by === undefined) return undefined;
  if (by === 'answer')
    return new Problem('ALREADY_RESPONDED', 'This question has been answered. Read it to see the response.');
  if (by === 'timeout')
    return new Problem('REQUEST_EXPIRED', 'This question has expired: nobody can respond any more.');
  return new Problem(
    'ALREADY_RESPONDED',
    'This question is over: it was taken back before, or its mission no longer waits for it.',
  );
}

interface Of {
  readonly request_id: string;
  readonly reason: string;
  readonly task_id: string | null;
}

function withdrawn(mission: Mission, { request_id, reason, task_id }: Of): WithdrawnInputRequest {
  const task = mission.tasks.find(({ id }) => id === task_id);
  const { id, user_id, phase, version } = mission;
  return {
    request_id,
    status: 'cancelled',
    reason,
    user_id,
    task: task ? { id: task.id, status: task.status } : null,
    mission: { id, status: statusOf(mission), phase, version },
  };
}
