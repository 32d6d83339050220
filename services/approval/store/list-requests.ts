import type { InputRequest as Representation } from '@missions/contracts/approval/input-request.ts';
import type { InputRequestFilter } from '@missions/contracts/approval/requests.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { type InputRequest, representationOf } from '../domain/state.ts';
import { rowJson } from './columns.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const DEFAULT_LIMIT = 50;

export interface Page {
  readonly input_requests: Representation[];
  readonly next_cursor: string | null;
}

/**
 * One page, most urgent first, then newest. The statement is made for what was asked: one with `$n is null or …` for each filter would get a
 * plan that fits none, and could not use the index of what is pending. Tombstones are not shown.
 */
export async function listRequests(
  tx: Tx,
  customerId: string,
  userId: string | null,
  filter: InputRequestFilter,
): Promise<Page> {
  const values: unknown[] = [customerId];
  const value = (it: unknown): string => `$${values.push(it)}`;
  const where = ['r.customer_id = $1', 'r.prompt is not null'];
  if (userId !== null) where.push(`r.user_id = ${value(userId)}`);
  if (filter.mission_id !== undefined) where.push(`r.mission_id = ${value(filter.mission_id)}::uuid`);
  // Spelled out, because a partial index is used only where the planner sees its condition.
  if (filter.status?.length === 1 && filter.status[0] === 'pending') where.push("r.status = 'pending'");
  else if (filter.status) where.push(`r.status = any(${value(filter.status)}::text[])`);
  if (filter.cursor !== undefined) {
    const [rank, createdAt, id] = decodeCursor(filter.cursor);
    where.push(
      `(r.urgency_rank, r.created_at, r.id) < (${value(rank)}::int, ${value(createdAt)}::timestamptz, ${value(id)}::uuid)`,
    );
  }
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const text = `select ${rowJson('r')} as row, r.urgency_rank as rank from input_request r where ${where.join(' and ')}
    order by r.urgency_rank desc, r.created_at desc, r.id desc limit ${value(limit + 1)}`;
  const rows = await tx.run<{ row: InputRequest; rank: number }>({ name: '', text }, values);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    input_requests: rows.slice(0, limit).map(({ row }) => representationOf(row)),
    next_cursor: last ? encodeCursor([last.rank, last.row.created_at, last.row.id]) : null,
  };
}
