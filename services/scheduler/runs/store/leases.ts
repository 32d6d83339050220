import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { moment } from '../../store/sql-clock.ts';
import { runJson } from './runs.ts';

const find = statement(
  'scheduler.find_run',
  `select ${runJson('r')} as run from run r where r.id = $1::uuid and r.customer_id = $2 and ($3::text is null or r.user_id = $3)`,
);

export async function findRun(tx: Tx, id: string, customerId: string, userId: string | null): Promise<Run | undefined> {
  const [row] = await tx.run<{ run: Run }>(find, [id, customerId, userId]);
  return row?.run;
}

const extend = statement(
  'scheduler.extend_lease',
  `with now as materialized (select ${moment('$4')} as at)
   update run r set lease_expires_at = greatest(r.lease_expires_at, (select at from now) + make_interval(secs => coalesce($3, r.lease_seconds)))
     where r.id = $1::uuid and r.fence = $2 and r.lease_expires_at > (select at from now) returning ${runJson('r')} as run`,
);

/** By its own length, or to be at least so many seconds; undefined when the lease is lost. Never shortens it. */
export async function extendLease(
  tx: Tx,
  id: string,
  fence: number,
  seconds: number | null,
  virtual: Date | null,
): Promise<Run | undefined> {
  const [row] = await tx.run<{ run: Run }>(extend, [id, fence, seconds, virtual]);
  return row?.run;
}

const over = statement(
  'scheduler.leases_over',
  `select id from run where lease_expires_at is not null and lease_expires_at <= ${moment('$1')} order by lease_expires_at limit 100`,
);

/** Runs whose lease has ended, to be looked at again under a lock. */
export async function leasesOver(tx: Tx, virtual: Date | null): Promise<string[]> {
  return (await tx.run<{ id: string }>(over, [virtual])).map(({ id }) => id);
}

/** Claimed, but never granted: nobody has begun, so it is queued as it was. */
const giveBack = statement(
  'scheduler.give_back_run',
  `update run r set status = 'queued', lease_expires_at = null, claimed_at = null, agent_id = null
     where r.id = $1::uuid and r.fence is null and r.lease_expires_at <= ${moment('$2')} returning customer_id`,
);

export async function giveBackRun(tx: Tx, id: string, virtual: Date | null): Promise<string | undefined> {
  const [row] = await tx.run<{ customer_id: string }>(giveBack, [id, virtual]);
  return row?.customer_id;
}
