import type { MissionsFilter } from '@missions/contracts/mission/requests.ts';
import type { MissionSort } from '@missions/contracts/mission/vocabulary.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { listedJson } from './json.ts';
import { withOmittedEvents } from './omitted.ts';
import { searchCondition } from './search.ts';

const DEFAULT_LIMIT = 50;
const DEFAULT_SORT: MissionSort = '-created_at';
/** The share of the missions in a reply of at most 8 MB. */
const MAX_PAGE_BYTES = 6_000_000;

interface Order {
  /** SQL of the value that rows are ordered by; rows of equal values are ordered by id. */
  readonly key: string;
  /** SQL of that value as text, for the cursor, and the SQL type that the text is cast back to. */
  readonly text: string;
  readonly type: string;
  readonly direction: 'asc' | 'desc';
  /** Checks a value that comes back in a cursor. */
  readonly isKey: (part: unknown) => boolean;
}

const isTime = (part: unknown): boolean =>
  typeof part === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(part) && !Number.isNaN(Date.parse(part));
const isRank = (part: unknown): boolean => typeof part === 'string' && /^\d$/.test(part);
const isId = (part: unknown): boolean =>
  typeof part === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(part);

/**
 * The orders of a list (specification section 5). Missions without a due date come after all missions that have one.
 */
const orders: Record<MissionSort, Order> = {
  '-created_at': {
    key: 'm.created_at',
    text: 'iso(m.created_at)',
    type: 'timestamptz',
    direction: 'desc',
    isKey: isTime,
  },
  '-updated_at': {
    key: 'm.updated_at',
    text: 'iso(m.updated_at)',
    type: 'timestamptz',
    direction: 'desc',
    isKey: isTime,
  },
  due_at: {
    key: "coalesce(m.due_at, 'infinity')",
    text: "coalesce(iso(m.due_at), 'infinity')",
    type: 'timestamptz',
    direction: 'asc',
    isKey: (part) => part === 'infinity' || isTime(part),
  },
  '-priority': {
    key: 'priority_rank(m.priority)',
    text: 'priority_rank(m.priority)::text',
    type: 'int',
    direction: 'desc',
    isKey: isRank,
  },
};

export interface MissionPage {
  /** JSON texts of the missions. */
  readonly missions: readonly string[];
  /** null if no page follows. */
  readonly next_cursor: string | null;
}

/** The last row of the page before, as its cursor names it. */
export interface MissionPosition {
  readonly key: string;
  readonly id: string;
}

/** Undefined if the cursor is not one of this list in this order. */
export function decodeMissionCursor(cursor: string, sort: MissionSort = DEFAULT_SORT): MissionPosition | undefined {
  const position = decodeCursor(cursor, sort, [orders[sort].isKey, isId]) as [string, string] | undefined;
  return position && { key: position[0], id: position[1] };
}

/**
 * One page of a user's missions, behind the position `after`. The statement is made for the filters that were sent: a
 * single statement with `$n is null or …` for each filter would get a generic plan that fits none of them. For the same
 * reason the statement has no name: there are too many shapes to keep prepared on every connection.
 */
export async function listMissions(
  tx: Tx,
  customerId: string,
  userId: string,
  filter: Omit<MissionsFilter, 'cursor'>,
  after?: MissionPosition,
): Promise<MissionPage> {
  const sort = filter.sort ?? DEFAULT_SORT;
  const { key, text, type, direction } = orders[sort];
  const values: unknown[] = [customerId, userId];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const where = [...ownedBy(filter.q), filter.deleted === true ? 'm.deleted_at is not null' : 'm.deleted_at is null'];
  if (filter.status) where.push(`m.status = any(${parameter(filter.status)}::text[])`);
  if (filter.priority) where.push(`m.priority = any(${parameter(filter.priority)}::text[])`);
  if (filter.phase) where.push(`m.phase = any(${parameter(filter.phase)}::text[])`);
  if (filter.agent_id !== undefined) where.push(`m.created_by_agent_id = ${parameter(filter.agent_id)}`);
  if (filter.needs_attention !== undefined) where.push(`m.needs_attention = ${parameter(filter.needs_attention)}`);
  if (filter.due_before !== undefined) where.push(`m.due_at < ${parameter(filter.due_before)}::timestamptz`);
  if (filter.updated_since !== undefined) where.push(`m.updated_at >= ${parameter(filter.updated_since)}::timestamptz`);
  if (filter.q !== undefined)
    where.push(searchCondition('m.search', filter.q, parameter, { customer: '$1', user: '$2' }));
  if (filter.blocked_by !== undefined) {
    where.push(
      `exists (select from blocker b where b.mission_id = m.id and b.customer_id = m.customer_id
          and b.resolved_at is null and b.key = ${parameter(filter.blocked_by)})`,
    );
  }
  if (after !== undefined) {
    const comparison = direction === 'asc' ? '>' : '<';
    where.push(`(${key}, m.id) ${comparison} (${parameter(after.key)}::${type}, ${parameter(after.id)}::uuid)`);
  }
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const events = filter.include_recent_events ?? 0;
  const json = listedJson('m', filter.include_tasks === true, events > 0, events > 0 ? parameter(events) : '');
  const sql = `select ${json}::text as mission, ${text} as position, m.id
    from mission m where ${where.join(' and ')}
    order by ${key} ${direction}, m.id ${direction} limit ${parameter(limit + 1)}`;
  const rows = await tx.run<{ mission: string; position: string; id: string }>({ name: '', text: sql }, values);
  const shown = fittingRows(rows.slice(0, limit));
  const last = shown.length < rows.length ? shown.at(-1) : undefined;
  return {
    missions: shown.map((row) => withOmittedEvents(row.mission, events)),
    next_cursor: last ? encodeCursor(sort, [last.position, last.id]) : null,
  };
}

/**
 * The conditions of ownership. Search words bear their owner, so the search index finds the user's missions by itself.
 * The planner does not know that, and reads the index of the user's missions as well, to intersect both; an expression
 * in place of the column keeps it from that index. A query that excludes words is different: everybody's missions lack
 * an excluded word, so there the plain columns must narrow the search.
 */
function ownedBy(q: string | undefined): string[] {
  return q === undefined || q.includes('-')
    ? ['m.customer_id = $1', 'm.user_id = $2']
    : ["m.customer_id || '' = $1", "m.user_id || '' = $2"];
}

/** The rows that fit into one reply, at least one. A page may be shorter than its limit; its cursor leads on. */
function fittingRows<Row extends { mission: string }>(rows: readonly Row[]): Row[] {
  let left = MAX_PAGE_BYTES;
  const fitting = rows.findIndex((row, index) => (left -= Buffer.byteLength(row.mission)) < 0 && index > 0);
  return fitting === -1 ? [...rows] : rows.slice(0, fitting);
}
