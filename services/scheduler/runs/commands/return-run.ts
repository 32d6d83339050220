import { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { RunsContext } from '../context.ts';
import { runEvent } from '../domain/event-mapping.ts';
import { putOffPush, requeueGrantedRun } from '../store/claims.ts';
import { releaseRunsOf } from '../store/limits.ts';

const returned = counter('missions_runs_returned_total', 'Granted runs that did not reach their caller', []);

/**
 * Queues a run again that was granted to a caller who never got it: one that hung up, or lost its credential. The event
 * wakes the waiting claims of other replicas too. Does nothing if the lease is lost already.
 * @param pushPause of a run that could not be pushed: seconds until it is pushed again, by how often that was so
 */
export async function returnRun(
  { db, clock, logger, runAvailable }: RunsContext,
  { id, fence }: Pick<Run, 'id'> & { readonly fence: number },
  pushPause?: (unreached: number) => number,
): Promise<void> {
  const queued = await transaction(db, async (tx) => {
    const row = await requeueGrantedRun(tx, id, fence, pushPause !== undefined);
    if (!row) return undefined;
    await releaseRunsOf(tx, row.run.customer_id);
    if (pushPause) await putOffPush(tx, id, pushPause(row.unreached));
    const at = clock.now().toISOString();
    await appendToOutbox(tx, [runEvent(newId(), runSubjects.requested, row.run, row.version, at)]);
    return row.run;
  });
  if (!queued) return;
  if (!pushPause) {
    returned.inc();
    logger.info({ run: id, mission: queued.mission_id }, 'a run was granted to nobody and is queued again');
  }
  runAvailable(queued.customer_id);
}
