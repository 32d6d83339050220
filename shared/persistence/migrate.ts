import type { MikroORM } from '@mikro-orm/postgresql';
import type { Database } from './database.ts';
import { openOrm } from './database.ts';
import { connectStandalone } from './session.ts';

/**
 * Brings the schema up to this version's migrations, which run in one transaction. MikroORM has no lock of its own: of several processes
 * starting at once one migrates, holding an advisory lock on a connection of its own, and the others find it done. They run on a pool of
 * their own without statement timeout: building an index may take minutes. Answers the names of what was applied.
 */
export async function migrate(db: Database): Promise<string[]> {
  const { url, schema, logger } = db.options;
  const lock = await connectStandalone({ url, schema, statementTimeoutMs: 0, name: `${schema} migration lock` });
  let orm: MikroORM | undefined;
  try {
    // Bound to a transaction, so that nothing but the end of this connection has to be relied upon.
    await lock.query('begin');
    await lock.query(`select pg_advisory_xact_lock(hashtextextended('migrate ' || $1, 0))`, [schema]);
    orm = await openOrm({ ...db.options, poolSize: 2, statementTimeoutMs: 0 });
    const applied = (await orm.migrator.up()).map(({ name }) => name);
    if (applied.length > 0) logger.info({ applied }, 'migrated');
    return applied;
  } finally {
    await orm?.close(true);
    await lock.end();
  }
}
