import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { statement } from '@missions/persistence/statement.ts';
import { isUuid, newId } from '@missions/runtime/id.ts';
import { UsageError, runAdminProgram, AdminFailure } from '@missions/runtime/admin-program.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { operatorConfig } from './config.ts';

const find = statement('operate.to_erase', 'select customer_id, user_id, title, status from mission where id = $1');

/** `<mission id> --yes`: takes a mission away for good, here and, by the event of it, in every other service. */
await runAdminProgram({ yes: { type: 'boolean', default: false } }, async ({ values: { yes }, positionals: [id] }) => {
  if (id === undefined || !isUuid(id)) throw new UsageError('erase <id> --yes, where the id is the UUID of a mission.');
  return await standaloneTransaction({ url: operatorConfig().databaseUrl, schema: 'mission' }, async (tx) => {
    const [found] = await tx.run<{ customer_id: string; user_id: string; title: string; status: string }>(find, [id]);
    if (!found) throw new AdminFailure(`There is no mission ${id}; it may have been erased before.`);
    const { customer_id, user_id, title, status } = found;
    if (!yes)
      throw new AdminFailure(
        `Nothing was erased. This would take away '${title}' (${status}) of ${user_id} at ${customer_id} in every service, and nothing brings it back. Add --yes to do it.`,
      );
    await eraseMission(tx, customer_id, id, new Date().toISOString(), newId());
    return { erased: id, customer_id, user_id };
  });
});
