import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { statement } from '@missions/persistence/statement.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';
import type { Database } from '@missions/persistence/database.ts';
import { notKilled } from './kill-switch.ts';
import { moment } from '../../store/sql-clock.ts';
import { runJson } from './runs.ts';

/** How long the mission service has to grant a run before it is offered to another. */
export const GRANT_SECONDS = 10;

export interface Claim {
  readonly customer_id: string;
  readonly user_id: string | null;
  readonly agent_id: string | null;
  readonly lease_seconds: number;
  /** Runs of the customer that may be claimed at once. */
  readonly limit: number;
}

/** `claims` tells this claim from a later one of the same run. */
export interface Taken {
  readonly run: Run;
  readonly claims: number;
}

/** Claims of one customer one after the other, or two of them would each count the other's run as not there. */
const queue = statement('scheduler.claim_queue', `select pg_advisory_xact_lock(hashtextextended('claim ' || $1, 0))`);
const take = statement(
  'scheduler.claim_run',
  `with now as materialized (select ${moment('$6')}::timestamptz(3) as at),
   oldest as (select r.id from run r where r.customer_id = $1 and ($2::text is null or r.user_id = $2) and (r.agent_id is null or r.agent_id = $3)
       and r.lease_expires_at is null and r.finished_at is null and ${notKilled('r')}
       and (select count(*) from run c where c.customer_id = $1 and c.lease_expires_at is not null) < $5
     order by r.requested_at, r.id limit 1 for update skip locked)
   update run r set status = 'claimed', agent_id = coalesce($3, r.agent_id), claims = r.claims + 1, fence = null, granted_version = null, lease_seconds = $4,
       claimed_at = (select at from now), lease_expires_at = (select at from now) + make_interval(secs => ${GRANT_SECONDS})
     from oldest where r.id = oldest.id
   returning ${runJson('r')} as run, r.claims`,
);

/** The oldest queued run that the caller may have, held until the mission service has been asked; undefined when there is none. */
export const takeRun = (
  db: Database,
  { customer_id, user_id, agent_id, lease_seconds, limit }: Claim,
  virtual: Date | null,
): Promise<Taken | undefined> =>
  transaction(db, async (tx) => {
    await tx.run(queue, [customer_id]);
    const [taken] = await tx.run<Taken>(take, [customer_id, user_id, agent_id, lease_seconds, limit, virtual]);
    return taken;
  });

const confirm = statement(
  'scheduler.confirm_run',
  `update run r set fence = $3, granted_version = $4, lease_expires_at = ${moment('$5')} + make_interval(secs => r.lease_seconds)
     where r.id = $1::uuid and r.claims = $2 and r.lease_expires_at is not null and r.fence is null returning ${runJson('r')} as run`,
);

/** The lease begins; undefined when granting took so long that the run was offered to another. */
export async function confirmRun(
  tx: Tx,
  { run, claims }: Taken,
  fence: number,
  version: number,
  virtual: Date | null,
): Promise<Run | undefined> {
  const [row] = await tx.run<{ run: Run }>(confirm, [run.id, claims, fence, version, virtual]);
  return row?.run;
}

/** Customers with something to do that are not named, the one that waits longest first. */
const waiting = statement(
  'scheduler.waiting_customer',
  `select r.customer_id from run r where r.lease_expires_at is null and r.finished_at is null and r.customer_id <> all($1::text[]) and ${notKilled('r')} order by r.requested_at limit 1`,
);

export async function waitingCustomer(tx: Tx, except: readonly string[]): Promise<string | undefined> {
  const [row] = await tx.run<{ customer_id: string }>(waiting, [except]);
  return row?.customer_id;
}
