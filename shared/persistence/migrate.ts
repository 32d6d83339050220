import type { MikroORM } from '@mikro-orm/postgresql';
import type { Database } from './database.ts';
import { directUrlOf, openOrm } from './database.ts';
import { connectStandalone } from './session.ts';

/**
 * Applies the migrations of this version that the schema lacks, in one transaction. MikroORM has no lock of its own: of
 * several processes that start at once, one migrates while it holds an advisory lock on a connection of its own, and
 * the others find nothing to do. Migrations run on their own pool without statement timeout, because building an index
 * may take minutes.
 * @returns the names of the applied migrations.
 */
export async function migrate(db: Database): Promise<string[]> {
  const { schema, logger } = db.options;
  const url = directUrlOf(db.options);
  const lock = await connectStandalone({ url, schema, statementTimeoutMs: 0, name: `${schema} migration lock` });
  let orm: MikroORM | undefined;
  try {
    // Bound to a transaction, so that the end of this connection releases the lock in every case.
    await lock.query('begin');
    await lock.query(`select pg_advisory_xact_lock(hashtextextended('migrate ' || $1, 0))`, [schema]);
    orm = await openOrm({ ...db.options, url, pooled: false, poolSize: 2, statementTimeoutMs: 0 });
    const applied = (await orm.migrator.up()).map(({ name }) => name);
    if (applied.length > 0) logger.info({ applied }, 'migrated');
    return applied;
  } finally {
    await orm?.close(true);
    await lock.end();
  }
}
