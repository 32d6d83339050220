import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Blocker, Mission } from '../domain/state.ts';
import type { Signal } from '../domain/heard.ts';
import type { Scope } from './load-mission.ts';

/**
 * Signals and waits may come in either order, and neither may miss the other:
 *
 *     signal first:  storeSignal ──▶ row in `signal` ──(the wait opens)──▶ findStoredSignal
 *     wait first:    row in `blocker` ──(the signal comes)──▶ storeSignal ──▶ row in `delivery` for each open wait
 *                      ──▶ jobs/deliver-signals.ts: takeDelivery, and the mission goes on
 *
 * The transaction that opens a wait and the one that stores a signal take the same lock, by customer and key, until
 * they commit. The opener then sees every signal that was stored before, the sender every wait that was opened before.
 * The lock is always the last one of a transaction, so it closes no circle with the row locks of missions (decision
 * 0004).
 *
 * A signal of a user (`user_id`) concerns that user's missions only, on both ways; one of no user (`''`) concerns all
 * of its customer's.
 */
const lockKey = statement(
  'mission.lock_signal_key',
  'select pg_advisory_xact_lock(hashtextextended($1 || chr(31) || $2, 20261122))',
);

/** Held until the transaction ends. The last lock of a transaction; the locks of several keys are taken in order. */
export const lockSignalKey = (tx: Tx, customerId: string, key: string) => tx.run(lockKey, [customerId, key]);

const insert = statement(
  'mission.insert_signal',
  `with s as (insert into signal (customer_id, key, id, data, final, received_at, expires_at, user_id)
       values ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz + interval '30 days', coalesce($7, ''))
       on conflict do nothing returning *),
   d as (insert into delivery (blocker_id, signal_id, customer_id, mission_id, signal)
       select b.id, s.id, b.customer_id, b.mission_id,
              jsonb_build_object('id', s.id, 'data', s.data, 'final', s.final, 'received_at', iso(s.received_at))
         from s join blocker b on b.customer_id = s.customer_id and b.key = s.key and b.resolved_at is null
                join mission m on m.id = b.mission_id and (s.user_id = '' or m.user_id = s.user_id)
        where (s.final or b.until = 'any')
          and (b.kind = 'mission' or b.accept_after is null or b.accept_after <= s.received_at)
       on conflict do nothing returning 1)
   select (select count(*) from s)::int as stored, (select count(*) from d)::int as waiters`,
);

export interface StoredSignal {
  /** false: a signal with this id and of the same user was stored before, and this one changed nothing. */
  readonly stored: boolean;
  /** The number of open waits that it will be delivered to. */
  readonly waiters: number;
}

/**
 * Stores a signal for 30 days, with a delivery to every wait that is open for it.
 * @param of whose waits it ends: those of the customer, and only of the user unless `user_id` is null.
 */
export async function storeSignal(tx: Tx, of: Scope, key: string, signal: Signal): Promise<StoredSignal> {
  await lockSignalKey(tx, of.customer_id, key);
  const [row] = await tx.run<{ stored: number; waiters: number }>(insert, [
    of.customer_id,
    key,
    signal.id,
    JSON.stringify(signal.data),
    signal.final,
    signal.received_at,
    of.user_id,
  ]);
  return { stored: row?.stored === 1, waiters: row?.waiters ?? 0 };
}

const find = statement(
  'mission.find_kept_signal',
  `select jsonb_build_object('id', s.id, 'data', s.data, 'final', s.final, 'received_at', iso(s.received_at)) as signal
     from signal s cross join lateral (select $9::timestamptz is not null or (s.final and $13) as again) may
    where s.customer_id = $1 and s.key = $2 and s.expires_at > $4::timestamptz
      and s.user_id in ('', $8) and (s.final or $5 = 'any')
      and case when $9 is not null then s.received_at >= $9
               else coalesce(s.arrival > (select m.arrival from mission m where m.id = $6 and m.customer_id = $1),
                             s.received_at >= $3::timestamptz) end
      and (may.again or s.id <> all ($10::text[])) and s.id <> all ($12::text[])
      and not exists (select from blocker b where b.customer_id = s.customer_id and b.mission_id = $6
                         and (not may.again or b.task_id is not distinct from $7::uuid) and b.key = s.key
                         and b.resolution -> 'signal' ->> 'id' = s.id)
      and (may.again or not exists (select from delivery d
                                     where d.blocker_id = any ($11::uuid[]) and d.signal_id = s.id))
    order by s.arrival nulls first, s.received_at, s.id limit 1`,
);

/** What the transaction knows of the mission's other waits for the same key, and has not written yet. */
export interface OtherWaits {
  /** The signals that have ended one of them. */
  readonly taken: readonly string[];
  /** Those among them that have ended one of the same task. */
  readonly takenByTask: readonly string[];
  /** Those that were open before: a signal may be on its way to them. */
  readonly open: readonly string[];
}

/**
 * The oldest stored signal that a wait just opened takes: of its mission's user or of the whole customer, and received
 * since its mission was created. In one mission a signal has one effect: it is not taken if it has ended a wait before
 * this one opened, or is on its way to a wait that was open when it came. `accept_after` asks for the signals since
 * then, taken before or not; so does a wait for an e-mail that everybody has replied to, which is a state and no event.
 * But no signal ends the same wait of a task twice: a retried task waits anew.
 *
 * "Since its mission was created" is an order of arrival, because the times of two processes are some milliseconds
 * apart; a mission that is just being created, or a row of the version before, has no place in that order, and is
 * compared by time. Called before the wait is written; the lock makes that order irrelevant.
 */
export async function findStoredSignal(
  tx: Tx,
  mission: Mission,
  blocker: Blocker,
  at: string,
  { taken, takenByTask, open }: OtherWaits = { taken: [], takenByTask: [], open: [] },
): Promise<Signal | undefined> {
  await lockSignalKey(tx, mission.customer_id, blocker.key);
  const [row] = await tx.run<{ signal: Signal }>(find, [
    mission.customer_id,
    blocker.key,
    mission.created_at,
    at,
    blocker.until,
    mission.id,
    blocker.task_id,
    mission.user_id,
    blocker.accept_after,
    taken,
    open,
    takenByTask,
    blocker.kind === 'email_reply',
  ]);
  return row?.signal;
}

const listPending = statement(
  'mission.pending_deliveries',
  `select blocker_id, signal_id, mission_id, customer_id from delivery
    where ($1::text is null or customer_id = $1) and ($2::text is null or signal_id = $2)
      and ($4::uuid is null or (blocker_id, signal_id) > ($4, $5)) order by blocker_id, signal_id limit $3`,
);

export interface PendingDelivery {
  readonly blocker_id: string;
  readonly signal_id: string;
  readonly mission_id: string;
  readonly customer_id: string;
}

/** Names one signal of a customer. */
export interface SignalName {
  readonly customer_id: string;
  readonly signal_id: string;
}

/**
 * The next pending deliveries in the order of their keys, at most `limit`, without a lock.
 * @param only restricts them to one signal.
 * @param after the last delivery of the page before.
 */
export const pendingDeliveries = (tx: Tx, limit: number, only?: SignalName, after?: PendingDelivery) =>
  tx.run<PendingDelivery>(listPending, [
    only?.customer_id ?? null,
    only?.signal_id ?? null,
    limit,
    after?.blocker_id ?? null,
    after?.signal_id ?? null,
  ]);

const take = statement(
  'mission.take_delivery',
  `delete from delivery where blocker_id = $1 and signal_id = $2 and customer_id = $3
   returning blocker_id, mission_id, customer_id, signal`,
);

export interface TakenDelivery {
  readonly blocker_id: string;
  readonly mission_id: string;
  readonly customer_id: string;
  readonly signal: Signal;
}

/** Deletes a delivery in the transaction of its effect; undefined if another process has taken it already. */
export async function takeDelivery(tx: Tx, pending: PendingDelivery): Promise<TakenDelivery | undefined> {
  const [row] = await tx.run<TakenDelivery>(take, [pending.blocker_id, pending.signal_id, pending.customer_id]);
  return row;
}

const offer = statement(
  'mission.offer_signal_again',
  `with offered as (
     insert into delivery (blocker_id, signal_id, customer_id, mission_id, signal)
     select b.id, $2, b.customer_id, b.mission_id, $3
       from blocker gone join blocker b on b.mission_id = gone.mission_id and b.key = gone.key and b.resolved_at is null
      where gone.id = $1 and ($3::jsonb ->> 'final' = 'true' or b.until = 'any')
        and (b.kind = 'mission' or b.accept_after is null or b.accept_after <= ($3::jsonb ->> 'received_at')::timestamptz)
        and not exists (select from blocker t where t.mission_id = gone.mission_id and t.key = gone.key
                                                and t.resolution -> 'signal' ->> 'id' = $2)
     on conflict do nothing returning 1)
   select count(*)::int as waiters from offered`,
);

/**
 * Offers a signal that came too late for its wait to the waits that the mission has opened meanwhile: those did not
 * take it, because it was on its way to another. Called under the mission's lock. Returns the number of deliveries.
 */
export async function offerAgain(tx: Tx, { blocker_id, signal }: TakenDelivery): Promise<number> {
  const [row] = await tx.run<{ waiters: number }>(offer, [blocker_id, signal.id, JSON.stringify(signal)]);
  return row?.waiters ?? 0;
}

const purge = statement(
  'mission.purge_signals',
  `delete from signal where (customer_id, key, id, user_id) in
     (select customer_id, key, id, user_id from signal where expires_at < $1 order by expires_at limit 1000)`,
);

/** Deletes up to 1000 signals that expired before `at`. */
export const purgeSignals = (tx: Tx, at: string) => tx.run(purge, [at]);
