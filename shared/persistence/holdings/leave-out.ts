import type { EventEnvelope } from '@missions/contracts/event.ts';
import { isTimerFiring } from '@missions/contracts/scheduler/timers.ts';
import type { Database } from '../database.ts';
import { databaseProblem } from '../error-mapping.ts';
import { claimEvents } from '../inbox.ts';
import { transaction } from '../transaction.ts';
import { isClosed } from './closed-owners.ts';

/**
 * For the handler of an event that has failed because it would store something of its own user, who is closed and perhaps
 * not erased for a while: it is taken for handled, and would otherwise fail until it is a dead letter.
 * @param events of the transaction that failed; of several each is handed over by itself
 * @throws the error, if it is another one
 */
export async function leaveOut(
  db: Database,
  consumer: string,
  events: readonly EventEnvelope[],
  error: unknown,
): Promise<void> {
  const [event, ...others] = events;
  if (!event || others.length > 0 || databaseProblem(error)?.code !== 'USER_ERASED') throw error;
  await transaction(db, async (tx) => {
    if (!(await isClosed(tx, event))) throw error;
    if (!isTimerFiring(event)) await claimEvents(tx, consumer, [event.id]);
  });
}
