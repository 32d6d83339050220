import type { Database } from '@missions/persistence/database.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { fillItems, findUnfilled } from '../store/inbox-items.ts';
import { lockMission } from '../store/load-mission.ts';

const EVERY_MS = 600_000;
const BATCH = 200;

/**
 * Fills the inbox with what waits already when the service starts, and with what copies of the version before write
 * while both run. Safe in every copy: each mission is locked.
 */
export function startInboxFilling({ db, logger }: { readonly db: Database; readonly logger: Logger }): Job {
  const name = 'filling of the inbox';
  return { name, ...startPeriodicJob({ name, logger, everyMs: EVERY_MS, runAtStart: true, run: () => fillInbox(db) }) };
}

export async function fillInbox(db: Database): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const missions = await findUnfilled(autocommit(db), BATCH + tried.size);
    const untried = missions.filter(({ id }) => !tried.has(id));
    if (untried.length === 0) return;
    for (const { id, customer_id } of untried) {
      tried.add(id);
      await transaction(db, async (tx) => {
        const mission = await lockMission(tx, { customer_id, user_id: null }, id);
        if (mission) await fillItems(tx, mission);
      });
    }
  }
}
