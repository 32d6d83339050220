import type { EventEnvelope } from '@missions/contracts/event.ts';
import { isTimerFiring } from '@missions/contracts/scheduler/timers.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { lockMissions, type Scope } from '../store/load-mission.ts';
import { MissionSaves } from '../store/save-missions.ts';
import { storeSignal } from '../store/signals.ts';
import type { Context } from './execute-command.ts';
import { EVENT_CONSUMER, type EventCommand, executeEvent } from './execute-event.ts';

type KeyedSignal = NonNullable<EventCommand['signal']> & { readonly of: Scope };

export interface EventToExecute {
  readonly event: EventEnvelope;
  /** Undefined if the event asks for nothing: it is claimed all the same. */
  readonly command: EventCommand | undefined;
  /** Runs the event's part in the context of its cause, if it is not that of the caller. */
  readonly within?: <T>(part: () => T) => T;
}

/**
 * Handles events, each once, in one transaction: inbox claim, state and outbox commit together (firings of timers are
 * not claimed, see `isTimerFiring`). Missions are locked in the order of their ids and the keys of signals last, so that
 * two batches cannot lock each other out. However many events there are, their missions are read in one statement, and
 * saved in one unless an event asks the database for more.
 */
export const executeEvents = (context: Context, all: readonly EventToExecute[]): Promise<void> =>
  transaction(context.db, async (outer) => {
    const ids = all.flatMap(({ event }) => (isTimerFiring(event) ? [] : event.id));
    const unhandled = await claimEvents(outer, EVENT_CONSUMER, ids);
    // The sort is stable: events of one mission keep their order. A batch may hold the same event twice.
    const ordered = all
      .filter(({ event }) => isTimerFiring(event) || unhandled.delete(event.id))
      .toSorted((a, b) => compare(a.event.mission_id, b.event.mission_id));
    const named = ordered.flatMap(({ event: { mission_id: id, customer_id } }) =>
      isUuid(id) ? [{ id, customer_id }] : [],
    );
    const batch = { locked: await lockMissions(outer, named), saves: new MissionSaves(outer) };
    const { tx } = batch.saves;
    const signals: KeyedSignal[] = [];
    for (const { event, command, within = directly } of ordered) {
      const signal = command && (await within(() => executeEvent(context, tx, event, command, batch)));
      if (signal) signals.push({ of: ownerOf(event), ...signal });
    }
    for (const { of, key, ...signal } of signals.toSorted((a, b) => compare(a.key, b.key))) {
      const received_at = context.clock.now().toISOString();
      const { waiters } = await storeSignal(tx, of, key, { ...signal, received_at });
      if (waiters > 0) tx.afterCommit(context.deliveries.wake);
    }
    await batch.saves.flush();
  });

/** An event that names no user belongs to the whole customer. */
const ownerOf = ({ customer_id, user_id }: EventEnvelope): Scope => ({ customer_id, user_id: user_id || null });

const directly = <T>(part: () => T): T => part();

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
