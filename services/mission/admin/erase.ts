import { byOperator } from '@missions/contracts/audit.ts';
import { onConnection, standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { AdminFailure, runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import { isUuid, newId } from '@missions/runtime/id.ts';
import { renderLine } from '@missions/runtime/terminal-text.ts';
import { adminConfig, operatorName } from '@missions/service-kit/config.ts';
import { erasedEvent } from '../domain/events.ts';
import { type DeletedMission, eraseMission } from '../store/erase-mission.ts';

const find = statement('operate.to_erase', 'select customer_id, user_id, title, status from mission where id = $1');
const findTombstone = statement('operate.erased', 'select customer_id from erased_mission where id = $1');
const unpublished = statement(
  'operate.unpublished',
  'select count(*)::int as n from outbox where mission_id = $1::uuid::text and published_at is null',
);
const PUBLISHED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 200;

/**
 * `erase.ts <mission id> --yes`: erases a mission for good, here and, by the event `mission.erased`, in every other
 * service. Then waits until that event is published: what the relay was publishing of the mission is in the stream by
 * then. Without `--yes` the program says what would be erased, and fails. May be repeated.
 */
await runAdminProgram({ yes: { type: 'boolean', default: false } }, async ({ values: { yes }, positionals: [id] }) => {
  if (id === undefined || !isUuid(id)) throw new UsageError('erase <id> --yes, where the id is the UUID of a mission.');
  const erased = await standaloneTransaction({ url: adminConfig().databaseUrl, schema: 'mission' }, async (tx) => {
    const [found] = await tx.run<{ customer_id: string; user_id: string; title: string; status: string }>(find, [id]);
    if (!found) {
      const [tombstone] = await tx.run<{ customer_id: string }>(findTombstone, [id]);
      if (!tombstone) throw new AdminFailure(`There is no mission ${id}, and none was erased.`);
      if (!yes) throw new AdminFailure(`The mission ${id} is erased. Add --yes to erase what may be left of it.`);
      return { customer_id: tombstone.customer_id, rows: 0 };
    }
    const { customer_id, user_id, title, status } = found;
    if (!yes) {
      const subject = renderLine(`'${title}' (${status}) of ${user_id} at ${customer_id}`);
      throw new AdminFailure(
        `Nothing was erased. This would take away ${subject} in every service, and nothing brings it back. ` +
          'Add --yes to do it.',
      );
    }
    const at = new Date().toISOString();
    const announce = (deleted: DeletedMission) => erasedEvent(deleted, { id: newId(), at });
    const by = byOperator(operatorName());
    const rows = await eraseMission(tx, { customer_id, mission_id: id }, at, announce, by);
    return { customer_id, user_id, rows };
  });
  const report = { mission_id: id.toLowerCase(), ...erased };
  if (await isPublished(id)) return report;
  throw new AdminFailure(
    'The rows are erased, but the event mission.erased is not published, so the streams may still be given events of ' +
      'the mission. Start the mission service and NATS, and call this again.',
    report,
  );
});

async function isPublished(id: string): Promise<boolean> {
  return await onConnection({ url: adminConfig().databaseUrl, schema: 'mission' }, async (client) => {
    for (let waited = 0; ; waited += LOOK_EVERY_MS) {
      const [row] = await execute<{ n: number }>(client, unpublished, [id]);
      if (row?.n === 0) return true;
      if (waited >= PUBLISHED_WITHIN_MS) return false;
      await systemClock.sleep(LOOK_EVERY_MS);
    }
  });
}
