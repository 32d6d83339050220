import { onConnection } from '@missions/persistence/standalone-transaction.ts';
import { execute } from '@missions/persistence/statement.ts';
import { UsageError, runAdminProgram, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { usageOfUsers } from '../runs/store/inspect-usage.ts';

const options = {
  customer: { type: 'string' },
  user: { type: 'string' },
  days: { type: 'string', default: '30' },
  limit: { type: 'string', default: '100' },
} as const;
/** As long as runs are kept. */
const MOST_DAYS = 35;

/** Lists what agents have used for each user, the most first. */
await runAdminProgram(options, async ({ values: { customer, user, days, limit } }) => {
  const latest = wholeNumber('--days', days, 1);
  if (latest > MOST_DAYS) throw new UsageError(`--days must be at most ${MOST_DAYS}, as long as runs are kept.`);
  const most = wholeNumber('--limit', limit, 1);
  return await onConnection({ url: adminConfig().databaseUrl, schema: 'scheduler' }, async (client) => {
    return await execute<object>(client, usageOfUsers, [customer ?? null, user ?? null, latest, most]);
  });
});
