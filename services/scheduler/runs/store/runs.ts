import type { Used } from '@missions/contracts/scheduler/limits.ts';
import type { ListedRun, Run } from '@missions/contracts/scheduler/runs.ts';
import { cursorAt, timePositionOf } from '@missions/persistence/cursor.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

const members = [
  'id',
  'mission_id',
  'customer_id',
  'user_id',
  'agent_id',
  'reason',
  'status',
  'attempt',
  'fence',
  'error',
];
const times = ['lease_expires_at', 'requested_at', 'claimed_at', 'finished_at'];

/**
 * SQL: the JSON of a run (`Run` of the contracts), as callers and events get it. `row` is the alias of a row of the
 * table `run`.
 */
export const runJson = (row: string): string =>
  `json_build_object(${[
    ...members.map((name) => `'${name}', ${row}.${name}`),
    ...times.map((name) => `'${name}', iso(${row}.${name})`),
  ].join(', ')})`;

const find = statement(
  'scheduler.find_run',
  `select ${runJson('r')} as run from run r
    where r.id = $1::uuid and r.customer_id = $2 and ($3::text is null or r.user_id = $3)`,
);

/** A run of that customer and, unless `userId` is null, of that user. */
export async function findRun(tx: Tx, id: string, customerId: string, userId: string | null): Promise<Run | undefined> {
  const [row] = await tx.run<{ run: Run }>(find, [id, customerId, userId]);
  return row?.run;
}

const findPushed = statement('scheduler.is_pushed', 'select pushed from run where id = $1::uuid and customer_id = $2');

/** Whether the run was given to the agent behind the push endpoint, which no claim has named. */
export async function isPushed(tx: Tx, { id, customer_id }: Pick<Run, 'id' | 'customer_id'>): Promise<boolean> {
  const [row] = await tx.run<{ pushed: boolean }>(findPushed, [id, customer_id]);
  return row?.pushed === true;
}

const findOpen = statement(
  'scheduler.find_open_run',
  `select ${runJson('r')} as run from run r where r.id = $1::uuid and r.finished_at is null`,
);

/** A run that has not ended, of any customer. Takes no lock. */
export async function findOpenRun(tx: Tx, id: string): Promise<Run | undefined> {
  const [row] = await tx.run<{ run: Run }>(findOpen, [id]);
  return row?.run;
}

export interface RunPage {
  readonly runs: ListedRun[];
  readonly next_cursor: string | null;
}

const page = statement(
  'scheduler.list_runs',
  `select ${runJson('r')} as run, r.input_tokens::float8 as input_tokens, r.output_tokens::float8 as output_tokens,
      (select coalesce(json_agg(json_build_object('amount', c.cost::text, 'currency', c.currency) order by c.currency), '[]')
         from (select u.currency, sum(u.cost) as cost from run_usage u
           where u.mission_id = r.mission_id and u.run_id = r.id and u.currency <> '' group by u.currency) c) as costs
     from run r
    where r.mission_id = $1::uuid and r.customer_id = $2 and ($3::text is null or r.user_id = $3)
      and ($4::timestamptz is null or (r.requested_at, r.id) < ($4::timestamptz, $5::uuid))
    order by r.requested_at desc, r.id desc limit $6`,
);

/** A mission's runs, newest first. @throws {Problem} `VALIDATION_FAILED` if the cursor is not one of this list. */
export async function listRuns(
  tx: Tx,
  { mission_id, customer_id, user_id }: { mission_id: string; customer_id: string; user_id: string | null },
  limit: number,
  cursor: string | undefined,
): Promise<RunPage> {
  const [time, id] = cursor === undefined ? [null, null] : timePositionOf(cursor);
  const rows = await tx.run<{ run: Run } & Used>(page, [mission_id, customer_id, user_id, time, id, limit + 1]);
  const runs = rows.slice(0, limit).map(({ run, ...usage }) => ({ ...run, usage }));
  const last = rows.length > limit ? runs.at(-1) : undefined;
  return {
    runs,
    next_cursor: last ? cursorAt([last.requested_at, last.id]) : null,
  };
}

export const PURGE_BATCH = 1_000;

const purge = statement(
  'scheduler.purge_runs',
  `with old as (select id from run where finished_at < $1
          order by finished_at limit ${PURGE_BATCH} for update skip locked),
        gone as (delete from run r using old where r.id = old.id returning 1)
   select count(*)::int as gone from gone`,
);

/**
 * Deletes a batch of runs that ended before that time. Answers the number of deleted runs; more may be left if the
 * number is at least `PURGE_BATCH`.
 */
export async function purgeRuns(tx: Tx, before: Date): Promise<number> {
  return (await tx.run<{ gone: number }>(purge, [before]))[0]?.gone ?? 0;
}
