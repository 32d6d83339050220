import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { statement } from '@missions/persistence/statement.ts';
import { AdminFailure, runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { isUuid, newId } from '@missions/runtime/id.ts';
import { renderLine } from '@missions/runtime/terminal-text.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { erasedEvent } from '../domain/events.ts';
import { eraseMission } from '../store/erase-mission.ts';

const find = statement('operate.to_erase', 'select customer_id, user_id, title, status from mission where id = $1');

/**
 * `erase.ts <mission id> --yes`: erases a mission for good, here and, by the event `mission.erased`, in every other
 * service. Without `--yes` the program says what would be erased, and fails.
 */
await runAdminProgram({ yes: { type: 'boolean', default: false } }, async ({ values: { yes }, positionals: [id] }) => {
  if (id === undefined || !isUuid(id)) throw new UsageError('erase <id> --yes, where the id is the UUID of a mission.');
  return await standaloneTransaction({ url: adminConfig().databaseUrl, schema: 'mission' }, async (tx) => {
    const [found] = await tx.run<{ customer_id: string; user_id: string; title: string; status: string }>(find, [id]);
    if (!found) throw new AdminFailure(`There is no mission ${id}; it may have been erased before.`);
    const { customer_id, user_id, title, status } = found;
    if (!yes) {
      const subject = renderLine(`'${title}' (${status}) of ${user_id} at ${customer_id}`);
      throw new AdminFailure(
        `Nothing was erased. This would take away ${subject} in every service, and nothing brings it back. ` +
          'Add --yes to do it.',
      );
    }
    const at = new Date().toISOString();
    await eraseMission(tx, { customer_id, mission_id: id }, at, (deleted) => erasedEvent(deleted, { id: newId(), at }));
    return { erased: id, customer_id, user_id };
  });
});
