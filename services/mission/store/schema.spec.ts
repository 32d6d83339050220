import { expect } from 'chai';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { servers } from '@missions/test-support/stack.ts';
import { missionEntities } from './entities.ts';
import { AddUserOfSignal } from './migrations/2026-11-28-user-of-signal.ts';
import { missionMigrations } from './migrations.ts';

describe('the mission schema', () => {
  let url: string;
  let db: Database;
  const open = (migrations: typeof missionMigrations) => {
    const logger = createLogger({ service: 'spec', level: 'error' });
    return openDatabase({ url, schema: 'mission', entities: missionEntities, migrations, logger });
  };
  /** Signals of the version before, which still runs beside this one for a moment. */
  const storeAsBefore = (id: string) =>
    db.pool.query(
      `insert into signal (customer_id, key, id, data, final, received_at, expires_at)
       values ('acme', 'webhook:x', $1, '{}', true, now(), now()) on conflict do nothing`,
      [id],
    );

  before(async () => {
    const database = await (await servers()).freshDatabase({ services: ['mission'] });
    url = database.urlFor('mission');
    db = await open(missionMigrations.filter((one) => one !== AddUserOfSignal));
    await migrate(db);
    await storeAsBefore('old');
    await db.close();
    db = await open(missionMigrations);
    await migrate(db);
  });
  after(() => db.close());

  it('signals that a version without users stored belong to the whole customer', async () => {
    for (const id of ['old', 'new', 'new']) await storeAsBefore(id);
    const { rows } = await db.pool.query('select id, user_id from signal order by id');
    expect(rows).to.deep.equal([
      { id: 'new', user_id: '' },
      { id: 'old', user_id: '' },
    ]);
  });

  it('migrations make the tables that the entities describe', async () => {
    expect(await schemaDrift(db)).to.equal('');
  });
});
