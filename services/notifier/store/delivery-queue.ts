import type { StreamName } from '@missions/contracts/subjects.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { WebhookKey } from './webhooks.ts';

/**
 * The way of a delivery: held ─▶ waiting ─▶ queued ─▶ delivered or undelivered. Of the deliveries of one mission to one
 * endpoint one is queued at most, so that nobody looks at those behind it. What moves them holds the endpoint's row.
 */

const holding = statement(
  'webhook_delivery.holding',
  `select distinct stream from webhook_delivery where status = 'held' and stream is not null`,
);
/** The streams from which something is held. */
export const heldStreams = async (tx: Tx): Promise<StreamName[]> =>
  (await tx.run<{ stream: StreamName }>(holding)).map(({ stream }) => stream);

const endpointsHolding = statement(
  'webhook_delivery.endpoints_holding',
  `select customer_id, id from webhook w
    where exists (select from webhook_delivery d
                   where d.customer_id = w.customer_id and d.webhook_id = w.id and d.status = 'held')`,
);
export const webhooksHolding = (tx: Tx): Promise<WebhookKey[]> => tx.run<WebhookKey>(endpointsHolding);

const release = statement(
  'webhook_delivery.release',
  `with free as (
     select customer_id, id, mission_id,
            row_number() over (order by stream, stream_sequence, event_id) as n,
            row_number() over (partition by mission_id order by stream, stream_sequence, event_id) as nth
       from webhook_delivery
      where customer_id = $1 and webhook_id = $2 and status = 'held'
        and (stream_sequence is null or stream_sequence <= ($3::jsonb ->> stream)::bigint or created_at <= $4)
      order by n limit $5),
   last as (
     select coalesce(max(position), 0) as position from webhook_delivery where customer_id = $1 and webhook_id = $2),
   sorted as (
     select free.*, mission_id is null or nth = 1 and not exists (
              select from webhook_delivery b where b.customer_id = $1 and b.webhook_id = $2
                 and b.mission_id = free.mission_id and b.status in ('waiting', 'queued') and b.in_order) as is_first
       from free)
   update webhook_delivery d
      set position = last.position + sorted.n, status = case when is_first then 'queued' else 'waiting' end,
          next_attempt_at = case when is_first then $6::timestamptz end
     from sorted, last where d.customer_id = sorted.customer_id and d.id = sorted.id
   returning 1`,
);
/**
 * Gives those their places that have everything before them here. The caller holds the endpoint's row.
 * @param handled of each stream, up to which number it was handled
 * @param anyway held since then or before: an event that nobody can handle must not hold up the others
 */
export const releaseHeld = async (
  tx: Tx,
  { customer_id, id }: WebhookKey,
  { handled, anyway, now, limit }: { handled: Partial<Record<string, number>>; anyway: Date; now: Date; limit: number },
): Promise<number> => (await tx.run(release, [customer_id, id, JSON.stringify(handled), anyway, limit, now])).length;

export interface ClaimedDelivery {
  readonly customer_id: string;
  readonly id: string;
  readonly webhook_id: string;
  readonly event_id: string;
  readonly mission_id: string | null;
  readonly type: string;
  readonly body: string;
  readonly in_order: boolean;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly first_attempt_at: number;
  readonly url: string;
  readonly secret: string;
  /** Undefined once it holds no more. */
  readonly former_secret: string | null;
}

/** Of each endpoint a few at once, and of one that is failing a single one: it takes nobody else's place. */
const claim = statement(
  'webhook_delivery.claim',
  `with due as (
     select d.customer_id, d.id, w.url, w.secret,
            case when w.former_secret_until > $1 then w.former_secret end as former_secret
       from webhook w cross join lateral (
         select d.customer_id, d.id from webhook_delivery d
          where d.customer_id = w.customer_id and d.webhook_id = w.id and d.status = 'queued'
            and d.next_attempt_at <= $1 and (d.locked_until is null or d.locked_until <= $1)
            and (w.status = 'active' or d.type = $5)
          order by d.next_attempt_at
          limit greatest(0, (case when w.failing_since is null then $4::int else 1 end)
                            - coalesce(($6::jsonb ->> w.id::text)::int, 0))
          for update of d skip locked) d
      limit $2)
   update webhook_delivery n
      set locked_until = $3, attempts = n.attempts + 1, first_attempt_at = coalesce(n.first_attempt_at, $1)
     from due where n.customer_id = due.customer_id and n.id = due.id
   returning n.customer_id, n.id, n.webhook_id, n.event_id, n.mission_id, n.type, n.body, n.in_order, n.attempts,
             (extract(epoch from n.first_attempt_at) * 1000)::float8 as first_attempt_at, due.url, due.secret,
             due.former_secret`,
);
export const claimDeliveries = (
  tx: Tx,
  {
    now,
    limit,
    leasedUntil,
    perEndpoint,
    testType,
    busy,
  }: {
    now: Date;
    limit: number;
    leasedUntil: Date;
    perEndpoint: number;
    testType: string;
    /** How many of an endpoint this process sends already. */
    busy: Readonly<Record<string, number>>;
  },
): Promise<ClaimedDelivery[]> =>
  tx.run<ClaimedDelivery>(claim, [now, limit, leasedUntil, perEndpoint, testType, JSON.stringify(busy)]);

const lastTaken = statement(
  'webhook_delivery.last_taken',
  `select (extract(epoch from last_taken_at) * 1000)::float8 as at from webhook where customer_id = $1 and id = $2`,
);
export const lastTakenAt = async (tx: Tx, { customer_id, id }: WebhookKey): Promise<number | null> =>
  (await tx.run<{ at: number | null }>(lastTaken, [customer_id, id]))[0]?.at ?? null;

interface Result {
  readonly status: number | null;
  readonly duration_ms: number;
  readonly error: string;
}

const end = statement(
  'webhook_delivery.end',
  `update webhook_delivery
      set status = $3, next_attempt_at = null, locked_until = null, response_status = $4, duration_ms = $5,
          last_error = $6, delivered_at = case when $3 = 'delivered' then $7::timestamptz end
    where customer_id = $1 and id = $2 and status = 'queued' returning 1`,
);
/** @returns false if it has gone meanwhile */
export const endDelivery = async (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedDelivery, 'customer_id' | 'id'>,
  status: 'delivered' | 'undelivered',
  { status: response, duration_ms, error }: Result,
  now: Date,
): Promise<boolean> => (await tx.run(end, [customer_id, id, status, response, duration_ms, error, now])).length > 0;

const later = statement(
  'webhook_delivery.later',
  `update webhook_delivery
      set next_attempt_at = $3, locked_until = null, response_status = $4, duration_ms = $5, last_error = $6
    where customer_id = $1 and id = $2 and status = 'queued' returning 1`,
);
export const postponeDelivery = async (
  tx: Tx,
  { customer_id, id }: Pick<ClaimedDelivery, 'customer_id' | 'id'>,
  until: Date,
  { status, duration_ms, error }: Result,
): Promise<boolean> => (await tx.run(later, [customer_id, id, until, status, duration_ms, error])).length > 0;

const next = statement(
  'webhook_delivery.next',
  `update webhook_delivery set status = 'queued', next_attempt_at = $4
    where customer_id = $1 and id = (
      select id from webhook_delivery
       where customer_id = $1 and webhook_id = $2 and mission_id = $3 and status = 'waiting' and in_order
       order by position limit 1)`,
);
/** The next event of the mission may go: the one before it has ended. */
export const queueNext = (tx: Tx, ended: ClaimedDelivery, now: Date): Promise<unknown> =>
  tx.run(next, [ended.customer_id, ended.webhook_id, ended.mission_id, now]);
