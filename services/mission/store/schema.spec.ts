import { expect } from 'chai';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { servers } from '@missions/test-support/stack.ts';
import { missionEntities } from './entities.ts';
import { missionMigrations } from './migrations.ts';

describe('the mission schema', () => {
  let db: Database;
  before(async () => {
    const database = await (await servers()).freshDatabase({ services: ['mission'] });
    const logger = createLogger({ service: 'spec', level: 'error' });
    db = await openDatabase({
      url: database.urlFor('mission'),
      schema: 'mission',
      entities: missionEntities,
      migrations: missionMigrations,
      logger,
    });
    await migrate(db);
  });
  after(() => db.close());

  it('migrations make the tables that the entities describe', async () => {
    expect(await schemaDrift(db)).to.equal('');
  });
});
