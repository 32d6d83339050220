import { Problem } from '@missions/contracts/errors.ts';
import { recentHistory } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { listRecentHistory } from '../store/recent-history.ts';
import type { Context } from '../commands/execute-command.ts';

export const recentHistoryEndpoint = ({ db }: Context) =>
  endpoint(recentHistory, async ({ caller: { customer_id, user_id }, input: { since, limit } }) => {
    if (user_id === null)
      throw new Problem('VALIDATION_FAILED', 'user_id: say whose history to read.', {
        errors: [{ path: 'user_id', message: 'is required' }],
      });
    return { body: await listRecentHistory(autocommit(db), customer_id, user_id, since, limit) };
  });
