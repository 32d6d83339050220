import { expect } from 'chai';
import type { Database } from '@missions/persistence/database.ts';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { scratchDatabase } from '../testing/scratch.ts';

describe('the scheduler’s schema', () => {
  let db: Database;
  before(async () => (db = await scratchDatabase()));
  after(() => db.close());

  it('the migrated tables match the entities', async () => {
    expect(await schemaDrift(db)).to.equal('');
  });

  it('the id of a firing is a UUIDv8 that never changes for the same owner, key and revision', async () => {
    const { rows } = await db.pool.query<{ id: string }>(`select timer_event_id('mission', 'blocker:1', 1) as id`);
    expect(rows[0]?.id).to.equal('8855c20a-9406-8800-8796-5ff928542e5f');
  });
});
