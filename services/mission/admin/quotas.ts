import { byOperator } from '@missions/contracts/audit.ts';
import { type Quota, type Quotas, quotas } from '@missions/contracts/quotas.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { runAdminProgram, UsageError, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig, operatorName } from '@missions/service-kit/config.ts';
import { changeQuotas, measureMissions } from '../store/quotas.ts';
import { useOfCustomer } from '../store/inspect-customers.ts';

const options = {
  missions: { type: 'string' },
  questions: { type: 'string' },
  mail: { type: 'string' },
  storage: { type: 'string' },
} as const;

const MAX_COUNT = 2_000_000_000;
const BATCH = 100;

/**
 * `quotas.ts <customer> [--missions <n>|none] [--questions …] [--mail …] [--storage …]`: changes the named quotas of a
 * customer, and shows all with what is used of them. A quota below what is used takes nothing away.
 */
await runAdminProgram(options, async ({ values, positionals: [customer = '', ...more] }) => {
  if (customer === '' || customer.length > 255 || more.length > 0)
    throw new UsageError('quotas <customer>, with --missions, --questions, --mail or --storage and a number or none.');
  const changes: Partial<Record<Quota, number | null>> = {};
  for (const quota of quotas) {
    const value = values[quota];
    if (value !== undefined) changes[quota] = limitOf(quota, value);
  }
  const database = { url: adminConfig().databaseUrl, schema: 'mission' };
  const changed = Object.keys(changes).length > 0 && (await change(database, customer, changes));
  return { ...(await standaloneTransaction(database, (tx) => useOfCustomer(tx, customer))), changed };
});

function limitOf(quota: Quota, value: string): number | null {
  if (value === 'none') return null;
  const limit = wholeNumber(`--${quota}`, value, 0);
  const most = quota === 'storage' ? Number.MAX_SAFE_INTEGER : MAX_COUNT;
  if (limit > most) throw new UsageError(`--${quota} must be at most ${most}, or none.`);
  return limit;
}

async function change(
  database: { readonly url: string; readonly schema: string },
  customer_id: string,
  changes: Partial<Quotas>,
): Promise<boolean> {
  // In transactions of their own, since writers wait for the next one.
  const measure = () => standaloneTransaction(database, (tx) => measureMissions(tx, customer_id, BATCH));
  while ((await measure()) > 0);
  return await standaloneTransaction(database, async (tx) => {
    const { before, after } = await changeQuotas(tx, customer_id, changes);
    if (quotas.every((quota) => before[quota] === after[quota])) return false;
    const target = { kind: 'customer', id: customer_id } as const;
    const by = byOperator(operatorName());
    await recordDeeds(tx, [{ customer_id, by, action: 'quotas.changed', target, mission_id: null, result: 'done' }]);
    return true;
  });
}
