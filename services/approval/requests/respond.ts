import { respondInputRequest } from '@missions/contracts/approval/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { replay } from '@missions/persistence/idempotency.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { executeCommand, type Context, problemOf, shown } from '../commands/execute-command.ts';

/**
 * Two round trips: read, then one statement for the answer, its events and its idempotency key. The key needs no look beforehand: whoever comes
 * second under it is refused, for the request is answered by then, and is given the first one's answer instead.
 */
export const respondEndpoint = (context: Context) =>
  endpoint(respondInputRequest, async ({ caller, idempotency, input: { request_id, mission_id, answer } }) => {
    context.admit();
    const { kind, customer_id, user_id } = caller;
    const by = { kind, customer_id, user_id };
    try {
      const { decision, request } = await executeCommand(autocommit(context.db), context, {
        customer_id,
        id: request_id,
        command: (at) => ({ type: 'Respond', answer, by, mission_id: mission_id?.toLowerCase() ?? null, at }),
        idempotency,
      });
      if (decision.kind === 'refused') throw problemOf(decision);
      return { body: shown(request), replayed: false };
    } catch (error) {
      return { ...(await replay(context.db, idempotency, error)), replayed: true };
    }
  });
