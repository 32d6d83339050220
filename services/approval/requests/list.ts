import { listInputRequests } from '@missions/contracts/approval/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { listRequests } from '../store/list-requests.ts';
import type { Context } from '../commands/execute-command.ts';

/** A user's, or, for whoever names no user, a mission's; never all of a customer's. */
export const listEndpoint = ({ db }: Context) =>
  endpoint(listInputRequests, async ({ caller: { customer_id, user_id }, input }) => {
    if (user_id === null && input.mission_id === undefined) {
      throw new Problem('VALIDATION_FAILED', 'user_id: say whose input requests to list, or those of which mission.', {
        errors: [{ path: 'user_id', message: 'is required without mission_id' }],
      });
    }
    return { body: await listRequests(autocommit(db), customer_id, user_id, input) };
  });
