import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit } from '@missions/persistence/transaction.ts';

export interface KeyRow {
  readonly id: string;
  readonly customer_id: string;
  readonly agent_id: string;
  readonly users: readonly string[] | null;
  readonly hash: string;
}

const touch = "case when last_used_at is null or last_used_at < now() - interval '1 minute'";

/**
 * Finds a live key, on every request: a revoked key stops working at once in every copy of the gateway, which no cache
 * could guarantee. The last use is written at most once a minute.
 */
const find = statement(
  'gateway.find_key',
  `with k as (select id, customer_id, agent_id, users, hash, ${touch} then true end as stale from agent_key where id = $1 and revoked_at is null),
        t as (update agent_key set last_used_at = now() from k where agent_key.id = k.id and k.stale)
   select id, customer_id, agent_id, users, hash from k`,
);

export async function findKey(db: Database, id: string): Promise<KeyRow | undefined> {
  const [row] = await autocommit(db).run<KeyRow>(find, [id]);
  return row;
}
