import type { KeyScope } from '@missions/contracts/key-scopes.ts';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit } from '@missions/persistence/transaction.ts';

export interface KeyRow {
  readonly id: string;
  readonly customer_id: string;
  readonly agent_id: string;
  readonly users: readonly string[] | null;
  readonly scopes: readonly KeyScope[] | null;
  readonly hash: string;
  /** By the database's clock. */
  readonly expired: boolean;
}

/**
 * Finds a key that was not revoked, on every request: a key that is revoked or has expired stops working at once in every
 * copy of the gateway, which no cache could guarantee. The last use is written at most once a minute, by one of the calls
 * that come at the same time; the others do not wait for it, and write nothing. Whoever shows another secret uses nothing.
 */
const find = statement(
  'gateway.find_key',
  `with used as (select id from agent_key
                  where id = $1 and hash = $2 and revoked_at is null and (expires_at is null or expires_at > now())
                    and (last_used_at is null or last_used_at < now() - interval '1 minute')
                    for no key update skip locked),
        t as (update agent_key set last_used_at = now() from used where agent_key.id = used.id)
   select id, customer_id, agent_id, users, scopes, hash, coalesce(expires_at <= now(), false) as expired
     from agent_key where id = $1 and revoked_at is null`,
);

/** @param hash of the secret that was shown; the caller compares it. */
export async function findKey(db: Database, id: string, hash: string): Promise<KeyRow | undefined> {
  const [row] = await autocommit(db).run<KeyRow>(find, [id, hash]);
  return row;
}
