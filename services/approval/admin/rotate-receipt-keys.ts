import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { retireKeys } from '../store/receipt-keys.ts';

/**
 * `rotate-receipt-keys.ts`: the key that signs receipts signs no more; the service makes another one for the next
 * receipt. Retired keys stay published, so that what they have signed still verifies.
 */
await runAdminProgram({}, async () => ({
  retired: await standaloneTransaction({ url: adminConfig().databaseUrl, schema: 'approval' }, retireKeys),
}));
