import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import { isTimerFiring } from '@missions/contracts/scheduler/timers.ts';
import type { Database } from '@missions/persistence/database.ts';
import { leaveOut } from '@missions/persistence/holdings/leave-out.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { erasedAmong } from '@missions/persistence/tombstones.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';

export interface EventConsumerOptions<Target> {
  readonly db: Database;
  /** The consumer's name in the inbox. */
  readonly consumer: string;
  /** What an event asks for; undefined if the event does not concern this service. @throws Problem VALIDATION_FAILED */
  commandFor(event: EventEnvelope): Target | undefined;
  /** Executes the command in the transaction of the inbox claim. @throws to have the event delivered again. */
  execute(tx: Tx, target: Target, event: EventEnvelope): Promise<void>;
  /** Erases all that the service holds of the event's mission, and leaves its tombstone. */
  erase(tx: Tx, event: EventEnvelope): Promise<unknown>;
}

export interface EventHandlers {
  handleBatch(events: readonly EventEnvelope[]): Promise<void>;
  handleOne(event: EventEnvelope): Promise<void>;
}

/**
 * Handles events, each once: the event's id is claimed in the inbox in the transaction of its effect (firings of timers
 * are not claimed, see `isTimerFiring`). A batch is one
 * transaction, in the order of the stream. When one event of a batch fails, nothing of the batch is committed, and the
 * messaging runtime hands over each event by itself. Events of an erased mission are claimed and dropped, so that a
 * late event cannot bring its data back; for those of a user who is just being erased see `leaveOut`.
 */
export function eventConsumer<Target>(options: EventConsumerOptions<Target>): EventHandlers {
  const { db, consumer, commandFor, execute, erase } = options;

  const handleBatch = async (events: readonly EventEnvelope[]): Promise<void> => {
    const relevant = events.flatMap((event) => {
      const target = commandFor(event);
      return target !== undefined || event.type === missionErased ? [{ event, target }] : [];
    });
    if (relevant.length === 0) return;
    await transaction(db, async (tx) => {
      const unhandled = await claimEvents(
        tx,
        consumer,
        relevant.flatMap(({ event }) => (isTimerFiring(event) ? [] : event.id)),
      );
      const missionIds = relevant.map(({ event }) => event.mission_id).filter((id) => id !== '');
      const erased = await erasedAmong(tx, missionIds);
      for (const { event, target } of relevant) {
        // A batch may hold the same event twice, so its id is taken out with the first.
        const isUnhandled = isTimerFiring(event) || unhandled.delete(event.id);
        if (!isUnhandled || erased.has(event.mission_id)) continue;
        if (target !== undefined) {
          await execute(tx, target, event);
          continue;
        }
        await erase(tx, event);
        erased.add(event.mission_id);
      }
    }).catch((error: unknown) =>
      leaveOut(
        db,
        consumer,
        relevant.map(({ event }) => event),
        error,
      ),
    );
  };

  return { handleBatch, handleOne: (event) => handleBatch([event]) };
}
