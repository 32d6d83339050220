import { expect } from 'chai';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type Housekeeping, startHousekeeping } from './housekeeping.ts';
import { executeOnce } from './idempotency.ts';
import { claimEvents } from './inbox.ts';
import { appendToOutbox } from './outbox/append.ts';
import { logger, scratch, type Scratch, someEvent } from './testing/scratch.ts';
import { transaction } from './transaction.ts';

const HOUR_MS = 3_600_000;

describe('housekeeping', () => {
  let database: Scratch;
  let housekeeping: Housekeeping;
  const clock = new VirtualClock(new Date());
  const left = async (table: string) =>
    (await database.db.pool.query(`select count(*)::int as rows from ${table}`)).rows[0].rows as number;

  beforeEach(async () => {
    database = await scratch();
    clock.set(new Date());
    housekeeping = startHousekeeping(database.db, {
      logger,
      clock,
      batch: 10,
      keep: { outboxHours: 2, inboxDays: 1, idempotencyHours: 3 },
    });
    await transaction(database.db, async (tx) => {
      await appendToOutbox(
        tx,
        Array.from({ length: 45 }, () => someEvent('m1')),
      );
      await claimEvents(tx, 'spec', Array.from({ length: 45 }, newId));
    });
    for (let i = 0; i < 25; i++)
      await executeOnce(database.db, { scope: 's', key: `k${i}`, hash: 'h' }, async () => ({ body: '{}' }));
  });
  afterEach(async () => {
    await housekeeping.stop();
    await database.close();
  });

  it('deletes rows past their retention, in as many small steps as needed, and no others', async () => {
    await database.db.pool.query('update outbox set published_at = now() where position % 9 <> 0');
    expect(await housekeeping.run()).to.deep.equal({ outbox: 0, inbox: 0, idempotency: 0 });
    clock.advance(2.5 * HOUR_MS);
    expect(await housekeeping.run()).to.deep.equal({ outbox: 40, inbox: 0, idempotency: 0 });
    clock.advance(HOUR_MS);
    expect(await housekeeping.run()).to.deep.equal({ outbox: 0, inbox: 0, idempotency: 25 });
    clock.advance(24 * HOUR_MS);
    expect(await housekeeping.run()).to.deep.equal({ outbox: 0, inbox: 45, idempotency: 0 });
    expect(await left('outbox')).to.equal(5);
  });

  it('never deletes an unpublished event, however old', async () => {
    clock.advance(10_000 * HOUR_MS);
    expect(await housekeeping.run()).to.include({ outbox: 0 });
    expect(await left('outbox')).to.equal(45);
  });

  it('may run in several processes at once', async () => {
    clock.advance(10_000 * HOUR_MS);
    await database.db.pool.query('update outbox set published_at = now()');
    const rounds = await Promise.all([housekeeping.run(), housekeeping.run(), housekeeping.run()]);
    const total = (table: 'outbox' | 'inbox' | 'idempotency') => rounds.reduce((sum, round) => sum + round[table], 0);
    expect([total('outbox'), total('inbox'), total('idempotency')]).to.deep.equal([45, 45, 25]);
  });

  it('runs periodically', async () => {
    clock.advance(10_000 * HOUR_MS);
    const often = startHousekeeping(database.db, { logger, clock, everyMs: 5 });
    await waitUntil(async () => (await left('inbox')) === 0);
    await often.stop();
  });
});
