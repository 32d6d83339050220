import { consumers } from '@missions/contracts/consumers.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { isTimerFiring } from '@missions/contracts/scheduler/timers.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import type { Subscription } from '@missions/service-kit/service.ts';
import type { Context } from '../commands/execute-command.ts';
import { commandForApprovalEvent } from '../commands/approval-outcome.ts';
import { EVENT_CONSUMER, type EventCommand, executeEvent } from '../commands/execute-event.ts';
import type { Scope } from '../store/load-mission.ts';
import { storeSignal } from '../store/signals.ts';
import { commandForEmailEvent } from './email.ts';
import { commandForNotifierEvent } from './notifier.ts';
import { commandForTimerEvent } from './scheduler.ts';

/** Responses to input requests, what became of e-mails, and deadlines. */
export function missionSubscriptions(context: Context): Subscription[] {
  const handlers = eventHandlers(context);
  return [
    { stream: 'APPROVAL', subjects: consumers.mission.APPROVAL, verify: context.verifyOutcome, ...handlers },
    { stream: 'EMAIL', subjects: consumers.mission.EMAIL, ...handlers },
    { stream: 'NOTIFIER', subjects: consumers.mission.NOTIFIER, ...handlers },
    { stream: 'SCHEDULER', subjects: consumers.mission.SCHEDULER, ...handlers },
  ];
}

const commandFor = (event: EventEnvelope): EventCommand | undefined =>
  commandForApprovalEvent(event) ??
  commandForEmailEvent(event) ??
  commandForNotifierEvent(event) ??
  commandForTimerEvent(event);

type KeyedSignal = NonNullable<EventCommand['signal']> & { readonly of: Scope };

/**
 * Handles events, each once: inbox claim, state and outbox commit together (firings of timers are not claimed, see
 * `isTimerFiring`). A batch is one transaction, which locks its
 * missions in the order of their ids and the keys of signals last, so that two batches cannot lock each other out. When
 * it fails, the consumer hands over the events one by one.
 *
 * The kit's `eventConsumer` is not used: it keeps the order of the stream, and looks up the tombstones of erased
 * missions, which this service sees from the missions themselves.
 */
function eventHandlers(context: Context): Pick<Subscription, 'handleBatch' | 'handleOne'> {
  const { db, clock, deliveries, eventsInHand } = context;

  const handle = (events: readonly EventEnvelope[]): Promise<void> =>
    transaction(db, async (tx) => {
      const ids = events.flatMap((event) => (isTimerFiring(event) ? [] : event.id));
      const unhandled = await claimEvents(tx, EVENT_CONSUMER, ids);
      // The sort is stable: events of one mission keep their order. A batch may hold the same event twice.
      const ordered = events
        .filter((event) => isTimerFiring(event) || unhandled.delete(event.id))
        .toSorted((a, b) => compare(a.mission_id, b.mission_id));
      const signals: KeyedSignal[] = [];
      for (const event of ordered) {
        const command = commandFor(event);
        const signal = command && (await executeEvent(context, tx, event, command));
        if (signal) signals.push({ of: ownerOf(event), ...signal });
      }
      for (const { of, key, ...signal } of signals.toSorted((a, b) => compare(a.key, b.key))) {
        const received_at = clock.now().toISOString();
        const { waiters } = await storeSignal(tx, of, key, { ...signal, received_at });
        if (waiters > 0) tx.afterCommit(deliveries.wake);
      }
    });

  return {
    handleBatch: (events) => eventsInHand.handle(events, handle),
    handleOne: (event) => eventsInHand.handle([event], handle),
  };
}

/** An event that names no user belongs to the whole customer. */
const ownerOf = ({ customer_id, user_id }: EventEnvelope): Scope => ({ customer_id, user_id: user_id || null });

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
