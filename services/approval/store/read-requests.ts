import type { InputRequest as Representation } from '@missions/contracts/approval/input-request.ts';
import type { InputRequestFilter } from '@missions/contracts/approval/requests.ts';
import { cursorAt, isTimePosition, partsOf } from '@missions/persistence/cursor.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Delegated } from '../domain/answerers.ts';
import { type InputRequest, representationOf, type State } from '../domain/state.ts';
import { now, type Row, rowJson, stateOf } from './columns.ts';
import { delegationsOf } from './delegations.ts';

/** Takes no lock: the write compares the request with what was read here (`save-request.ts`). */
const read = statement(
  'approval.read',
  `select iso(n.at) as at, case when r.id is not null then ${rowJson('r')} end as row,
          ${delegationsOf('r', 'n.at')} as delegations
     from (select ${now('$3')} as at) n left join input_request r on r.customer_id = $1 and r.id = $2`,
);

/**
 * `at` is the current time: that of `virtualNow`, or, if `virtualNow` is null, of the database's clock. `delegations` are
 * those of the people whom it asks.
 */
export async function readRequest(
  tx: Tx,
  customerId: string,
  id: string,
  virtualNow: Date | null,
): Promise<{ at: string; request: State; delegations: readonly Delegated[] }> {
  const [found] = await tx.run<{ at: string; row: Row | null; delegations: Delegated[] }>(read, [
    customerId,
    id,
    virtualNow,
  ]);
  if (!found) throw new Error(`the statement ${read.name} always answers one row, and answered none for ${id}`);
  return { at: found.at, request: stateOf(found.row), delegations: found.delegations };
}

const lacking = statement(
  'approval.lacking',
  `select asked.id::text from unnest($2::uuid[]) as asked (id)
    where not exists (select from input_request r where r.customer_id = $1 and r.id = asked.id)`,
);

/** Those of the ids that have no row, nor a tombstone. */
export async function unknownAmong(tx: Tx, customerId: string, ids: readonly string[]): Promise<string[]> {
  return (await tx.run<{ id: string }>(lacking, [customerId, ids])).map(({ id }) => id);
}

/** SQL of the questions of others that a user sees: who they are is the rule of `domain/answerers.ts`. */
const sharedWith = (user: string, at: string): string =>
  `input_person p join input_request r on r.customer_id = p.customer_id and r.id = p.request_id
     and p.customer_id = $1 and p.user_id = ${user} and p.sees_from <= ${at}`;

/** SQL of the questions that others have delegated to a user, of each at most a page of `where`. */
const delegatedTo = (user: string, at: string, where: string, page: string): string => `
  delegation g, lateral (
    (select r.* from input_request r where r.user_id = g.user_id and ${where} ${page})
    union all (select r.* from ${sharedWith('g.user_id', at)} where ${where} ${page})) r
  where g.customer_id = $1 and g.to_user_id = ${user} and g.from_at <= ${at} and ${at} < g.until_at
    and g.from_at < coalesce(r.responded_at, r.expires_at) and r.context -> 'proposes' is null`;

const DEFAULT_LIMIT = 50;
/** Of JSON, in a reply of at most 8 MB. A question may have 200 kB. */
const MAX_PAGE_BYTES = 6_000_000;

export interface InputRequestPage {
  readonly input_requests: Representation[];
  readonly next_cursor: string | null;
  /** How many follow, in a list of one mission, if any do. */
  readonly omitted?: number;
}

/**
 * One page, most urgent first, then newest. The statement is made for the given filters: one statement with `$n is null
 * or …` for each filter would get a plan that fits none of them, and could not use the index of pending requests.
 * Tombstones are left out.
 */
export async function listRequests(
  tx: Tx,
  { customer_id, user_id }: { readonly customer_id: string; readonly user_id: string | null },
  filter: InputRequestFilter,
  after: Position | undefined,
  virtualNow: Date | null,
): Promise<InputRequestPage> {
  const values: unknown[] = [customer_id];
  const value = (it: unknown): string => `$${values.push(it)}`;
  const where = ['r.customer_id = $1', 'r.prompt is not null'];
  if (filter.mission_id !== undefined) where.push(`r.mission_id = ${value(filter.mission_id)}::uuid`);
  // Spelled out, because a partial index is used only where the planner sees its condition.
  if (filter.status?.length === 1 && filter.status[0] === 'pending') where.push("r.status = 'pending'");
  else if (filter.status) where.push(`r.status = any(${value(filter.status)}::text[])`);
  if (after) {
    const [rank, createdAt, id] = after;
    where.push(
      `(r.urgency_rank, r.created_at, r.id) < (${value(rank)}::int, ${value(createdAt)}::timestamptz, ${value(id)}::uuid)`,
    );
  }
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const order = 'order by r.urgency_rank desc, r.created_at desc, r.id desc';
  const own = user_id === null ? where : [...where, `r.user_id = ${value(user_id)}`];
  const count = { name: '', text: `select count(*)::int as count from input_request r where ${own.join(' and ')}` };
  const counted = [...values];
  const page = `${order} limit ${value(limit + 1)}`;
  const mine = `select r.* from input_request r where ${own.join(' and ')} ${page}`;
  // Each half has an index of its own. Of a mission, its user alone reads.
  const rowsOf = (): string => {
    if (user_id === null || filter.mission_id !== undefined) return mine;
    const [reader, at, such] = [value(user_id), now(value(virtualNow)), where.join(' and ')];
    // Somebody may be asked in their own right, and for others.
    return `select distinct on (r.urgency_rank, r.created_at, r.id) r.* from (
        (${mine}) union all (select r.* from ${sharedWith(reader, at)} where ${such} ${page})
        union all (select r.* from ${delegatedTo(reader, at, such, page)} ${page})) r ${page}`;
  };
  const text = `select ${rowJson('r')} as row, r.urgency_rank as rank from (${rowsOf()}) r ${order}`;
  const rows = await tx.run<{ row: InputRequest; rank: number }>({ name: '', text }, values);
  const shown = fittingRows(rows.slice(0, limit));
  const last = shown.length < rows.length ? shown.at(-1) : undefined;
  const isCounted = last !== undefined && filter.mission_id !== undefined;
  const [all] = isCounted ? await tx.run<{ count: number }>(count, counted) : [];
  return {
    input_requests: shown.map(({ row }) => representationOf(row)),
    next_cursor: last ? cursorAt([last.rank, last.row.created_at, last.row.id]) : null,
    ...(all && { omitted: all.count - shown.length }),
  };
}

/** The rows that fit into one reply, at least one. */
export function fittingRows<Row>(rows: readonly Row[]): readonly Row[] {
  let left = MAX_PAGE_BYTES;
  const end = rows.findIndex((row, index) => (left -= Buffer.byteLength(JSON.stringify(row))) < 0 && index > 0);
  return end === -1 ? rows : rows.slice(0, end);
}

/** The position of a page's last row in the order of the list, so that later rows are neither repeated nor hidden. */
export type Position = readonly [rank: number, createdAt: string, id: string];

/** Null if the text is no cursor of this list. */
export function decodeCursor(cursor: string): Position | null {
  const [rank, ...position] = partsOf(cursor) ?? [];
  return (rank === 0 || rank === 1 || rank === 2) && isTimePosition(position) ? [rank, position[0], position[1]] : null;
}
