import { expect } from 'chai';
import type { Database } from '@missions/persistence/database.ts';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { scratchDatabase } from '../testing/scratch.ts';

describe('the scheduler’s schema', () => {
  let db: Database;
  before(async () => (db = await scratchDatabase()));
  after(() => db.close());

  it('is what the entities say', async () => {
    expect(await schemaDrift(db)).to.equal('');
  });

  it('makes of what fires a UUIDv8 that stays the same for ever', async () => {
    const { rows } = await db.pool.query<{ id: string }>(`select timer_event_id('mission', 'blocker:1', 1) as id`);
    expect(rows[0]?.id).to.equal('8855c20a-9406-8800-8796-5ff928542e5f');
  });
});
