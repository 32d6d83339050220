import { defineEntity, p } from '@mikro-orm/core';
import { connectStandalone } from '../session.ts';
import { statement } from '../statement.ts';
import type { Tx } from '../transaction.ts';
import { OWNER_CLOSED } from './owner-closed.ts';

/**
 * A customer, or a user of one, who is being erased or was: nothing new is stored of them. Of their ids only a hash is
 * kept, so that the table does not name who is gone (decision 0038).
 */
const ClosedOwnerSchema = defineEntity({
  name: 'ClosedOwner',
  tableName: 'closed_owner',
  properties: { hash: p.text().primary(), closed_at: p.datetime(3).defaultRaw('now()') },
});
export class ClosedOwnerEntity extends ClosedOwnerSchema.class {}
ClosedOwnerSchema.setClass(ClosedOwnerEntity);

/** Whose data. */
export interface DataOwner {
  readonly customer_id: string;
  /** Null: the whole customer, with all of its users. */
  readonly user_id: string | null;
}

const hashOf = (customer: string, user: string): string =>
  `encode(sha256(convert_to(json_build_array(${customer}, ${user})::text, 'UTF8')), 'hex')`;

/** What becomes of a new row of a closed owner: an error for its caller, or nothing, where an event brings it. */
type Answer = 'refuse' | 'skip';

/** A table that takes rows of users or customers from elsewhere, and not only with another row of theirs. */
export interface Entrance {
  readonly table: string;
  readonly answer: Answer;
  /** The column with the user. Default `user_id`, if the table has it. */
  readonly user?: string;
  /** Which rows are looked at. Default: all. */
  readonly when?: string;
}

const triggerOf = ({ table, answer, user = 'user_id', when }: Entrance): string =>
  `create trigger closed_owner${user === 'user_id' ? '' : `_by_${user}`} before insert on ${table} for each row ${when === undefined ? '' : `when (${when}) `}` +
  `execute function keep_closed_owner_out('${user}', '${answer}')`;

const triggerNamed = (name: string) => ({
  name,
  timing: 'before' as const,
  events: ['insert' as const],
  expression: '-- see closed-owners.ts',
});
/** For an entity whose table is an entrance: the comparison of schemas looks at names only. */
export const closedOwnerTrigger = triggerNamed('closed_owner');
export const closedOwnerByNameTrigger = triggerNamed('closed_owner_by_name');
export const closedOwnerByReceiverTrigger = triggerNamed('closed_owner_by_to_user_id');

/**
 * For a migration of every service. A trigger, so that no statement can forget it: it costs a look into a table that is
 * mostly empty. It sees what was committed before the row is inserted, whatever the snapshot of the statement. It finds
 * the table from every session: that of an administrator, or one that restores data, has another search path.
 */
export const closedOwners = (entrances: readonly Entrance[]): string[] => [
  'create table closed_owner (hash text primary key, closed_at timestamptz(3) not null default now())',
  `create function keep_closed_owner_out() returns trigger language plpgsql set search_path from current as $$
   declare fields jsonb;
   begin
     if exists (select from closed_owner) then
       fields := to_jsonb(new);
       if exists (select from closed_owner where hash in (${hashOf("fields ->> 'customer_id'", "''::text")},
            ${hashOf("fields ->> 'customer_id'", "coalesce(fields ->> tg_argv[0], '')")})) then
         if tg_argv[1] = 'skip' then return null; end if;
         raise exception 'the owner of this row was erased' using errcode = '${OWNER_CLOSED}';
       end if;
     end if;
     return new;
   end $$`,
  ...entrances.map(triggerOf),
];

/** For a migration of a service that has `closedOwners` already: further entrances, and no rows that came by them before. */
export const furtherEntrances = (entrances: readonly Entrance[]): string[] =>
  entrances.flatMap((entrance) => {
    const { table, user = 'user_id' } = entrance;
    const hashes = [
      hashOf('customer_id', "''::text"),
      hashOf('customer_id', `coalesce(to_jsonb(x) ->> '${user}', '')`),
    ];
    return [
      triggerOf(entrance),
      `delete from ${table} x where exists (select from closed_owner where hash in (${hashes.join()}))`,
    ];
  });

const closed = statement(
  'closed_owner.is_closed',
  `select 1 from closed_owner where hash in (${hashOf('$1::text', "''::text")}, ${hashOf('$1::text', '$2::text')})`,
);
/** Why a row that was just inserted is not there: whoever it is of was erased. */
export const isClosed = async (
  tx: Tx,
  { customer_id, user_id }: { readonly customer_id: string; readonly user_id: string },
): Promise<boolean> => (await tx.run(closed, [customer_id, user_id])).length > 0;

const entrancesOf = `select distinct tgrelid::regclass::text as name from pg_trigger
  where tgname like 'closed_owner%' and (select relnamespace from pg_class where oid = tgrelid) = $1::regnamespace
  order by 1`;
const LOCK_TIMEOUT_MS = 15_000;

/**
 * Closes the owner in one schema. When it returns, every writer that could still have missed that has ended: it holds
 * each table's lock once, which waits for the writers in flight, and those after it see the row. One lock at a time, so
 * that no writer can deadlock with it. May be repeated.
 */
export async function closeOwner(
  { url, schema }: { readonly url: string; readonly schema: string },
  { customer_id, user_id }: DataOwner,
): Promise<void> {
  const client = await connectStandalone({ url, schema, statementTimeoutMs: LOCK_TIMEOUT_MS, name: 'operator' });
  try {
    await client.query(
      `insert into closed_owner (hash) values (${hashOf('$1::text', '$2::text')}) on conflict do nothing`,
      [customer_id, user_id ?? ''],
    );
    const { rows } = await client.query<{ name: string }>(entrancesOf, [schema]);
    for (const { name } of rows) {
      await client.query('begin');
      await client.query(`lock table ${name} in share mode`);
      await client.query('commit');
    }
  } finally {
    await client.end();
  }
}

/** @returns whether the owner was closed */
export async function readmitOwner(
  { url, schema }: { readonly url: string; readonly schema: string },
  { customer_id, user_id }: DataOwner,
): Promise<boolean> {
  const client = await connectStandalone({ url, schema, statementTimeoutMs: LOCK_TIMEOUT_MS, name: 'operator' });
  try {
    const { rowCount } = await client.query(`delete from closed_owner where hash = ${hashOf('$1::text', '$2::text')}`, [
      customer_id,
      user_id ?? '',
    ]);
    return rowCount === 1;
  } finally {
    await client.end();
  }
}
