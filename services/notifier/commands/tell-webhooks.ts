import type { EventEnvelope } from '@missions/contracts/event.ts';
import { namesOf, webhookEvents } from '@missions/contracts/notifier/webhooks.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { cloudEventOf } from '../domain/webhook.ts';
import { holdDeliveries, wantedAmong } from '../store/deliveries.ts';
import type { Context } from './context.ts';

const known: ReadonlySet<string> = new Set(webhookEvents);

/** Those of the events that some endpoint is to be sent. Most customers have none. */
export async function wantedByWebhooks({ db }: Context, events: readonly EventEnvelope[]): Promise<Set<EventEnvelope>> {
  const candidates = events.filter(({ type }) => known.has(type));
  if (candidates.length === 0) return new Set();
  const named = candidates.map(({ customer_id, type }) => ({ customer_id, names: namesOf(type) }));
  const wanted = await wantedAmong(autocommit(db), named);
  return new Set(candidates.filter((_, n) => wanted.has(n)));
}

/** @param stream where the event stands; undefined for one that this service publishes, which waits for no other */
export async function deliverLater(
  tx: Tx,
  context: Pick<Context, 'clock' | 'deliveriesHeld'>,
  event: EventEnvelope<object>,
  stream?: StreamName,
  sequence?: number,
): Promise<void> {
  const { id, type, customer_id, mission_id } = event;
  const delivery = {
    customer_id,
    event_id: id,
    type,
    names: namesOf(type),
    body: cloudEventOf(event),
    stream,
    sequence,
  };
  await holdDeliveries(tx, { ...delivery, mission_id: isUuid(mission_id) ? mission_id : null }, context.clock.now());
  tx.afterCommit(context.deliveriesHeld);
}
