import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { AdminFailure, runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { countFilesToErase } from '../store/files-to-erase.ts';
import { eraseMission } from '../store/erase-mission.ts';

const REMOVED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 200;

/**
 * `erase.ts <mission id> <customer id>`: erases the e-mails of an erased mission, as the event `mission.erased` does,
 * says how many rows, and waits until the service has removed the files of sent messages. May be repeated.
 */
await runAdminProgram({}, async ({ positionals: [id, customerId] }) => {
  if (id === undefined || !isUuid(id) || customerId === undefined)
    throw new UsageError('erase <mission id> <customer id>, where the mission is erased in the mission service.');
  const within = { url: adminConfig().databaseUrl, schema: 'email_bridge' };
  const { rows, files } = await standaloneTransaction(within, async (tx) => ({
    rows: await eraseMission(tx, customerId, id, new Date().toISOString()),
    files: await countFilesToErase(tx, id),
  }));
  let left = files;
  for (let waited = 0; left > 0 && waited < REMOVED_WITHIN_MS; waited += LOOK_EVERY_MS) {
    await systemClock.sleep(LOOK_EVERY_MS);
    left = await standaloneTransaction(within, (tx) => countFilesToErase(tx, id));
  }
  const report = { rows, files: files - left };
  if (left === 0) return report;
  throw new AdminFailure(
    `${left} files of sent messages are left in the folder outbox. The e-mail service removes them when it runs; a ` +
      'message that was just being sent takes two minutes. Call this again then.',
    report,
  );
});
