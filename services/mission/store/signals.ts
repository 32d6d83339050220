import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Blocker, Mission } from '../domain/state.ts';
import type { Signal } from '../domain/waiting.ts';

/**
 * Opening a wait against its signal: whoever opens one and whoever signals take the same lock, by customer and key, until they commit. The
 * opener then sees every signal that came before, the sender every wait that was opened before; neither can miss the other. The lock is
 * always the last that is taken, so it closes no circle with the row locks of missions.
 */
const lockKey = statement(
  'mission.lock_signal_key',
  'select pg_advisory_xact_lock(hashtextextended($1 || chr(31) || $2, 20261122))',
);

const insert = statement(
  'mission.insert_signal',
  `with s as (insert into signal (customer_id, key, id, data, final, received_at, expires_at)
       values ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz + interval '30 days') on conflict do nothing returning *),
   d as (insert into delivery (blocker_id, signal_id, customer_id, mission_id, signal)
       select b.id, s.id, b.customer_id, b.mission_id, jsonb_build_object('id', s.id, 'data', s.data, 'final', s.final, 'received_at', iso(s.received_at))
         from s join blocker b on b.customer_id = s.customer_id and b.key = s.key and b.resolved_at is null
        where s.final or b.until = 'any' on conflict do nothing returning 1)
   select (select count(*) from s)::int as stored, (select count(*) from d)::int as waiters`,
);

export interface Received {
  /** false: a signal with this id was received before, and this one changes nothing. */
  readonly stored: boolean;
  readonly waiters: number;
}

/** Keeps a signal for 30 days, and puts it on its way to every wait that is open for it. */
export async function keepSignal(tx: Tx, customerId: string, key: string, signal: Signal): Promise<Received> {
  await tx.run(lockKey, [customerId, key]);
  const [row] = await tx.run<{ stored: number; waiters: number }>(insert, [
    customerId,
    key,
    signal.id,
    JSON.stringify(signal.data),
    signal.final,
    signal.received_at,
  ]);
  return { stored: row?.stored === 1, waiters: row?.waiters ?? 0 };
}

const findKept = statement(
  'mission.find_kept_signal',
  `select jsonb_build_object('id', s.id, 'data', s.data, 'final', s.final, 'received_at', iso(s.received_at)) as signal
     from signal s
    where s.customer_id = $1 and s.key = $2 and s.received_at >= $3::timestamptz and s.expires_at > $4::timestamptz and (s.final or $5 = 'any')
      and not exists (select from blocker b where b.customer_id = s.customer_id and b.mission_id = $6 and b.task_id is not distinct from $7::uuid
                         and b.key = s.key and b.resolution -> 'signal' ->> 'id' = s.id)
    order by s.received_at, s.id limit 1`,
);

/**
 * The oldest kept signal that a wait just opened takes: received since its mission was created (or since `accept_after`), and none that freed
 * the same task before, for a retried task waits anew. Called with the wait not yet written; the lock makes the order irrelevant.
 */
export async function takeKeptSignal(
  tx: Tx,
  mission: Mission,
  blocker: Blocker,
  at: string,
): Promise<Signal | undefined> {
  await tx.run(lockKey, [mission.customer_id, blocker.key]);
  const since = blocker.accept_after ?? mission.created_at;
  const [row] = await tx.run<{ signal: Signal }>(findKept, [
    mission.customer_id,
    blocker.key,
    since,
    at,
    blocker.until,
    mission.id,
    blocker.task_id,
  ]);
  return row?.signal;
}

export interface PendingDelivery {
  readonly blocker_id: string;
  readonly mission_id: string;
  readonly customer_id: string;
  readonly signal: Signal;
}

const pending = statement(
  'mission.pending_deliveries',
  `select blocker_id, signal_id, mission_id, customer_id from delivery where ($1::text is null or customer_id = $1) and ($2::text is null or signal_id = $2)
    and ($4::uuid is null or (blocker_id, signal_id) > ($4, $5)) order by blocker_id, signal_id limit $3`,
);

export interface Pending {
  readonly blocker_id: string;
  readonly signal_id: string;
  readonly mission_id: string;
  readonly customer_id: string;
}

/** The next of what is on its way, behind the last one seen; of one signal when its customer and id are given. */
export const pendingDeliveries = (
  tx: Tx,
  limit: number,
  of?: { customer_id: string; signal_id: string },
  last?: Pending,
) =>
  tx.run<Pending>(pending, [
    of?.customer_id ?? null,
    of?.signal_id ?? null,
    limit,
    last?.blocker_id ?? null,
    last?.signal_id ?? null,
  ]);

const take = statement(
  'mission.take_delivery',
  'delete from delivery where blocker_id = $1 and signal_id = $2 and customer_id = $3 returning blocker_id, mission_id, customer_id, signal',
);

/** Takes a delivery in the transaction of its effect; undefined when another process has had it. */
export async function takeDelivery(
  tx: Tx,
  blockerId: string,
  signalId: string,
  customerId: string,
): Promise<PendingDelivery | undefined> {
  const [row] = await tx.run<PendingDelivery>(take, [blockerId, signalId, customerId]);
  return row;
}

const purge = statement(
  'mission.purge_signals',
  'delete from signal where (customer_id, key, id) in (select customer_id, key, id from signal where expires_at < $1 order by expires_at limit 1000)',
);
export const purgeSignals = (tx: Tx, at: string) => tx.run(purge, [at]);
