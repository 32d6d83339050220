import type pg from 'pg';

/**
 * Gives a pool back the connections that break while they are lent. Kysely, and so MikroORM, releases a transaction's connection only after
 * its commit or rollback has succeeded; on a dead connection neither does, and every unit of work in flight while PostgreSQL restarts
 * would take one place of the pool with it for good (and `close` would wait for them for ever).
 */
export function guardPoolAgainstLeaks(pool: pg.Pool): void {
  const connect = pool.connect.bind(pool) as (callback?: unknown) => Promise<pg.PoolClient> | undefined;
  // With a callback it is the pool's own `query`, which always releases.
  const guarded = (callback?: unknown) => (callback ? connect(callback) : connect()?.then(guard));
  pool.connect = guarded as typeof pool.connect;
}

function guard(client: pg.PoolClient): pg.PoolClient {
  const release = client.release;
  let reclaimed = false;
  const lost = (): void => {
    reclaimed = true;
    release(true);
  };
  client.once('end', lost);
  client.release = (broken) => {
    if (reclaimed) return;
    client.off('end', lost);
    release(broken);
  };
  return client;
}
