import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { runAdminProgram, UsageError, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { useOfCustomers } from '../store/inspect-customers.ts';

const options = {
  customer: { type: 'string' },
  limit: { type: 'string', default: '50' },
  offset: { type: 'string', default: '0' },
} as const;

/** The ids of a page are arguments of the scheduler's program. */
const MOST = 1_000;

/** Lists what each customer uses, beside its quotas, the largest first. */
await runAdminProgram(options, async ({ values: { customer, ...page } }) => {
  const limit = wholeNumber('--limit', page.limit, 1);
  if (limit > MOST) throw new UsageError(`--limit must be at most ${MOST}; --offset shows what follows.`);
  const offset = wholeNumber('--offset', page.offset, 0);
  const database = { url: adminConfig().databaseUrl, schema: 'mission' };
  return await standaloneTransaction(database, (tx) => useOfCustomers(tx, customer ?? null, limit, offset));
});
