import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { eraseMission } from '../store/erase-mission.ts';

/**
 * `erase.ts <mission id> <customer id>`: erases what was told of an erased mission, as the event `mission.erased` does,
 * and says how many rows. May be repeated.
 */
await runAdminProgram({}, async ({ positionals: [id, customerId] }) => {
  if (id === undefined || !isUuid(id) || customerId === undefined)
    throw new UsageError('erase <mission id> <customer id>, where the mission is erased in the mission service.');
  return await standaloneTransaction({ url: adminConfig().databaseUrl, schema: 'notifier' }, async (tx) => ({
    rows: await eraseMission(tx, customerId, id, new Date().toISOString()),
  }));
});
