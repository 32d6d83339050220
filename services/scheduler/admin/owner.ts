import { runOwnerProgram } from '@missions/service-kit/owner-program.ts';
import { tombstone } from '../runs/domain/schedule.ts';
import { eraseMission, lockWatchedMissions, saveWatchedMissions } from '../runs/store/watched-missions.ts';
import { schedulerHoldings } from '../store/holdings.ts';

await runOwnerProgram({
  holdings: schedulerHoldings,
  async eraseMission(tx, customer_id, mission_id) {
    const watched = await lockWatchedMissions(tx, [{ mission_id, customer_id, user_id: '' }]);
    const rows = await eraseMission(tx, customer_id, mission_id);
    await saveWatchedMissions(
      tx,
      [...watched.values()].map((mission) => tombstone(mission)),
    );
    return rows;
  },
});
