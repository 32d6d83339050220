import { Problem } from '@missions/contracts/errors.ts';
import { listMissions } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { listMissions as listPage } from '../store/list-missions.ts';
import type { Context } from '../commands/execute-command.ts';

export const listMissionsEndpoint = ({ db }: Context) =>
  endpoint(listMissions, async ({ caller, input }) => {
    if (caller.user_id === null)
      throw new Problem('VALIDATION_FAILED', 'user_id: say whose missions to list.', {
        errors: [{ path: 'user_id', message: 'is required' }],
      });
    return listPage(autocommit(db), caller.customer_id, caller.user_id, input);
  });
