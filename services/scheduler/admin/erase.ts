import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { tombstone } from '../runs/domain/schedule.ts';
import { eraseMission, lockWatchedMissions, saveWatchedMissions } from '../runs/store/watched-missions.ts';

/**
 * `erase.ts <mission id> <customer id>`: erases runs, timers and kill switch of an erased mission, as the event
 * `mission.erased` does, and says how many rows. May be repeated.
 */
await runAdminProgram({}, async ({ positionals: [id, customerId] }) => {
  if (id === undefined || !isUuid(id) || customerId === undefined)
    throw new UsageError('erase <mission id> <customer id>, where the mission is erased in the mission service.');
  return await standaloneTransaction({ url: adminConfig().databaseUrl, schema: 'scheduler' }, async (tx) => {
    const address = { mission_id: id.toLowerCase(), customer_id: customerId, user_id: '' };
    const watched = await lockWatchedMissions(tx, [address]);
    const rows = await eraseMission(tx, customerId, address.mission_id);
    await saveWatchedMissions(
      tx,
      [...watched.values()].map((mission) => tombstone(mission)),
    );
    return { rows };
  });
});
