import type { WebhookDelivery } from '@missions/contracts/notifier/webhooks.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { WebhookKey } from './webhooks.ts';

export interface NewDelivery {
  readonly customer_id: string;
  readonly event_id: string;
  readonly type: string;
  /** What an endpoint may name to be sent it. */
  readonly names: readonly string[];
  readonly mission_id: string | null;
  readonly body: string;
  readonly stream: StreamName | undefined;
  /** Undefined: unknown, so that it is not held. */
  readonly sequence: number | undefined;
}

const wanted = statement(
  'webhook_delivery.wanted',
  `select x.n from jsonb_to_recordset($1::jsonb) as x(n int, customer_id text, names jsonb)
    where exists (select from webhook w where w.customer_id = x.customer_id and w.status <> 'disabled'
                     and exists (select from jsonb_array_elements_text(x.names) name where w.types ? name))`,
);
/** @returns the positions of those that some endpoint is to be sent */
export async function wantedAmong(
  tx: Tx,
  events: readonly Pick<NewDelivery, 'customer_id' | 'names'>[],
): Promise<Set<number>> {
  const asked = events.map(({ customer_id, names }, n) => ({ n, customer_id, names }));
  return new Set((await tx.run<{ n: number }>(wanted, [JSON.stringify(asked)])).map(({ n }) => n));
}

const hold = statement(
  'webhook_delivery.hold',
  `insert into webhook_delivery (customer_id, id, webhook_id, event_id, type, mission_id, body, status, in_order, stream,
                                 stream_sequence, created_at)
   select w.customer_id, gen_random_uuid(), w.id, $2, $3, $4, $5, 'held', true, $6, $7, $8
     from webhook w
    where w.customer_id = $1 and w.status <> 'disabled'
      and exists (select from jsonb_array_elements_text($9::jsonb) name where w.types ? name)
   on conflict do nothing`,
);
/** One for each endpoint that is to be sent the event. */
export const holdDeliveries = (
  tx: Tx,
  { customer_id, event_id, type, names, mission_id, body, stream, sequence }: NewDelivery,
  now: Date,
): Promise<unknown> =>
  tx.run(hold, [
    ...[customer_id, event_id, type, mission_id, body],
    ...[stream ?? null, sequence ?? null, now, JSON.stringify(names)],
  ]);

const page = (
  more: string,
) => `select id, event_id, type, mission_id, attempts, response_status, duration_ms, last_error,
    case when status in ('delivered', 'undelivered') then status else 'pending' end as status,
    iso(next_attempt_at) as next_attempt_at, iso(created_at) as created_at, iso(delivered_at) as delivered_at
  ${more}`;
const shown = page('');

const list = statement(
  'webhook_delivery.page',
  page(`from webhook_delivery
    where customer_id = $1 and webhook_id = $2
      and ($3::text is null or $3 = case when status in ('delivered', 'undelivered') then status else 'pending' end)
      and ($4::timestamptz is null or (created_at, id) < ($4::timestamptz, $5::uuid))
    order by created_at desc, id desc limit $6`),
);
/** Newest first. */
export const listDeliveries = (
  tx: Tx,
  { customer_id, id }: WebhookKey,
  status: string | undefined,
  after: readonly [time: string, id: string] | undefined,
  limit: number,
): Promise<WebhookDelivery[]> =>
  tx.run<WebhookDelivery>(list, [customer_id, id, status ?? null, after?.[0] ?? null, after?.[1] ?? null, limit]);

const insertTest = statement(
  'webhook_delivery.test',
  `with it as (
     insert into webhook_delivery (customer_id, id, webhook_id, event_id, type, body, status, in_order, next_attempt_at,
                                   created_at)
     values ($1, $3, $2, $3, $4, $5, 'queued', false, $6, $6) returning *)
   ${shown} from it`,
);
export async function queueTest(
  tx: Tx,
  { customer_id, id }: WebhookKey,
  test: { readonly id: string; readonly type: string; readonly body: string },
  now: Date,
): Promise<WebhookDelivery | undefined> {
  const [queued] = await tx.run<WebhookDelivery>(insertTest, [customer_id, id, test.id, test.type, test.body, now]);
  return queued;
}

const tell = statement(
  'webhook_delivery.tell',
  `insert into webhook_delivery (customer_id, id, webhook_id, event_id, type, body, status, in_order, next_attempt_at,
                                 created_at)
   select customer_id, gen_random_uuid(), id, $3, $4, $5, 'queued', false, $6, $6
     from webhook where customer_id = $1 and id <> $2 and status <> 'disabled'`,
);
/** Whatever the customer's other endpoints name, they are sent this. */
export const tellOthers = (
  tx: Tx,
  { customer_id, id }: WebhookKey,
  event: { readonly id: string; readonly type: string; readonly body: string },
  now: Date,
): Promise<unknown> => tx.run(tell, [customer_id, id, event.id, event.type, event.body, now]);

/** One that waits in turn stays there; one that is queued is tried now; what has ended begins anew, outside the order. */
const again = statement(
  'webhook_delivery.again',
  `with it as (
     update webhook_delivery set
            in_order = in_order and status not in ('delivered', 'undelivered'),
            attempts = case when status in ('delivered', 'undelivered') then 0 else attempts end,
            first_attempt_at = case when status in ('delivered', 'undelivered') then null else first_attempt_at end,
            next_attempt_at = case when status in ('held', 'waiting') then null else $4::timestamptz end,
            status = case when status in ('held', 'waiting') then status else 'queued' end
      where customer_id = $1 and webhook_id = $2 and id = $3 returning *)
   ${shown} from it`,
);
export const sendAgain = async (
  tx: Tx,
  { customer_id, id }: WebhookKey,
  delivery: string,
  now: Date,
): Promise<WebhookDelivery | undefined> => (await tx.run<WebhookDelivery>(again, [customer_id, id, delivery, now]))[0];

const prune = statement(
  'webhook_delivery.prune',
  `delete from webhook_delivery where (customer_id, id) in (
     select customer_id, id from webhook_delivery where created_at < $1 order by created_at limit $2)
   returning 1`,
);
export const pruneDeliveries = async (tx: Tx, before: Date, limit: number): Promise<number> =>
  (await tx.run(prune, [before, limit])).length;
