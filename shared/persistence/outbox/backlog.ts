import type pg from 'pg';
import { execute, statement } from '../statement.ts';

export interface Backlog {
  /** Events not yet published; counted to `limit` at most. */
  pending: number;
  /** Age of the oldest of them. */
  oldestMs: number;
}

const count = statement(
  'outbox.backlog',
  `select (select count(*) from (select 1 from outbox where published_at is null limit $1) as counted)::int as pending,
          coalesce((select greatest(0, extract(epoch from now() - time) * 1000) from outbox where published_at is null order by position limit 1), 0)::float8
            as "oldestMs"`,
);

export async function measureBacklog(client: pg.ClientBase, limit: number): Promise<Backlog> {
  const [row] = await execute<Backlog>(client, count, [limit]);
  return row ?? { pending: 0, oldestMs: 0 };
}
