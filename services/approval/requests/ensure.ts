import { ensureInputRequest } from '@missions/contracts/approval/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { erasedAmong } from '@missions/persistence/tombstones.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { executeCommand, type Context, shown } from '../commands/execute-command.ts';

/**
 * What the event of the mission service does, done before the asker is answered, so that it reads its own write. Whichever comes first has the
 * effect; both are answered with the request as it stands, which may already be answered or cancelled.
 */
export const ensureEndpoint = (context: Context) =>
  endpoint(ensureInputRequest, async ({ caller, input: question }) => {
    if (
      question.customer_id !== caller.customer_id ||
      (caller.user_id !== null && question.user_id !== caller.user_id)
    ) {
      throw new Problem('FORBIDDEN', 'The question is of another customer or user than its caller.');
    }
    context.admit();
    const { customer_id, id, mission_id } = question;
    return await transaction(context.db, async (tx) => {
      if ((await erasedAmong(tx, [mission_id])).size > 0)
        throw new Problem('MISSION_NOT_FOUND', 'The mission of this question was erased.');
      const { request } = await executeCommand(tx, context, {
        customer_id,
        id,
        command: () => ({ type: 'Ask', question }),
      });
      return { body: shown(request) };
    });
  });
