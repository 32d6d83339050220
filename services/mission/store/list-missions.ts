import type { MissionFilter } from '@missions/contracts/mission/bodies.ts';
import type { MissionSort } from '@missions/contracts/mission/vocabulary.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { listedJson } from './json.ts';
import { searchCondition } from './search.ts';

const DEFAULT_LIMIT = 50;
/** Of the 8 MB that NATS carries. */
const MAX_PAGE_BYTES = 6_000_000;

interface Order {
  /** What rows are compared by, then by id. */
  readonly key: string;
  /** How the key travels in a cursor, and what type it is read back as. */
  readonly text: string;
  readonly type: string;
  readonly direction: 'asc' | 'desc';
  readonly isKey: (part: unknown) => boolean;
}

const isTime = (part: unknown): boolean =>
  typeof part === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(part) && !Number.isNaN(Date.parse(part));
const isRank = (part: unknown): boolean => typeof part === 'string' && /^\d$/.test(part);
const isId = (part: unknown): boolean =>
  typeof part === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(part);

/** Missions without a due date come after all that have one. */
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
  /** JSON text of the whole answer. */
  readonly body: string;
}

/**
 * One page of a user's missions. The statement is made for the filters that were sent: a single one with `$n is null or …` for each would get
 * a generic plan that fits none of them. For the same reason it has no name: too many shapes to keep prepared on every connection.
 */
export async function listMissions(
  tx: Tx,
  customerId: string,
  userId: string,
  filter: MissionFilter,
): Promise<MissionPage> {
  const sort = filter.sort ?? '-created_at';
  const { key, text, type, direction, isKey } = orders[sort];
  const values: unknown[] = [customerId, userId];
  const value = (it: unknown): string => `$${values.push(it)}`;
  const where = [...ownedBy(filter.q), 'm.deleted_at is null'];
  if (filter.status) where.push(`m.status = any(${value(filter.status)}::text[])`);
  if (filter.priority) where.push(`m.priority = any(${value(filter.priority)}::text[])`);
  if (filter.phase) where.push(`m.phase = any(${value(filter.phase)}::text[])`);
  if (filter.agent_id !== undefined) where.push(`m.created_by_agent_id = ${value(filter.agent_id)}`);
  if (filter.needs_attention !== undefined) where.push(`m.needs_attention = ${value(filter.needs_attention)}`);
  if (filter.due_before !== undefined) where.push(`m.due_at < ${value(filter.due_before)}::timestamptz`);
  if (filter.updated_since !== undefined) where.push(`m.updated_at >= ${value(filter.updated_since)}::timestamptz`);
  if (filter.q !== undefined) where.push(searchCondition('m.search', value(filter.q), '$1', '$2'));
  if (filter.blocked_by !== undefined) {
    where.push(
      `exists (select from blocker b where b.mission_id = m.id and b.customer_id = m.customer_id and b.resolved_at is null and b.key = ${value(filter.blocked_by)})`,
    );
  }
  if (filter.cursor !== undefined) {
    const [position, id] = decodeCursor(filter.cursor, sort, [isKey, isId]);
    where.push(`(${key}, m.id) ${direction === 'asc' ? '>' : '<'} (${value(position)}::${type}, ${value(id)}::uuid)`);
  }
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const events = filter.include_recent_events ?? 0;
  const json = listedJson('m', filter.include_tasks === true, events > 0, events > 0 ? value(events) : '');
  const sql = `select ${json}::text as mission, ${text} as position, m.id
    from mission m where ${where.join(' and ')} order by ${key} ${direction}, m.id ${direction} limit ${value(limit + 1)}`;
  const rows = await tx.run<{ mission: string; position: string; id: string }>({ name: '', text: sql }, values);
  const shown = fittingRows(rows.slice(0, limit));
  const last = shown.length < rows.length ? shown.at(-1) : undefined;
  const next = last ? encodeCursor(sort, [last.position, last.id]) : null;
  const missions = shown.map((row) => row.mission);
  return { body: `{"missions":[${missions.join(',')}],"next_cursor":${JSON.stringify(next)}}` };
}

/**
 * Words that bear their owner find the user's missions by themselves. The planner does not know that and reads the index of the user's missions
 * as well, to intersect both; an expression keeps it from that one. Not so where words are excluded: what has none of them is everybody's.
 */
function ownedBy(q: string | undefined): string[] {
  return q === undefined || q.includes('-')
    ? ['m.customer_id = $1', 'm.user_id = $2']
    : ["m.customer_id || '' = $1", "m.user_id || '' = $2"];
}

/** As many as fit into one answer, and always one: a page may be shorter than was asked for, and its cursor leads on. */
function fittingRows<Row extends { mission: string }>(rows: readonly Row[]): Row[] {
  let left = MAX_PAGE_BYTES;
  const fitting = rows.findIndex((row, index) => (left -= Buffer.byteLength(row.mission)) < 0 && index > 0);
  return fitting === -1 ? [...rows] : rows.slice(0, fitting);
}
