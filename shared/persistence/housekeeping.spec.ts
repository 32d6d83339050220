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

describe('housekeeping', function () {
  this.timeout(20_000);
  let it_: Scratch;
  let keeping: Housekeeping;
  const clock = new VirtualClock(new Date());
  const left = async (table: string) =>
    (await it_.db.pool.query(`select count(*)::int as rows from ${table}`)).rows[0].rows as number;

  beforeEach(async () => {
    it_ = await scratch();
    clock.set(new Date());
    keeping = startHousekeeping(it_.db, {
      logger,
      clock,
      batch: 10,
      keep: { outboxHours: 2, inboxDays: 1, idempotencyHours: 3 },
    });
    await transaction(it_.db, async (tx) => {
      await appendToOutbox(
        tx,
        Array.from({ length: 45 }, () => someEvent('m1')),
      );
      await claimEvents(tx, 'spec', Array.from({ length: 45 }, newId));
    });
    for (let i = 0; i < 25; i++)
      await executeOnce(it_.db, { scope: 's', key: `k${i}`, hash: 'h' }, async () => ({ body: '{}' }));
  });
  afterEach(async () => {
    await keeping.stop();
    await it_.close();
  });

  it('removes what is past its time, in as many small steps as it takes, and nothing else', async () => {
    await it_.db.pool.query('update outbox set published_at = now() where position % 9 <> 0');
    expect(await keeping.run()).to.deep.equal({ outbox: 0, inbox: 0, idempotency: 0 });
    clock.advance(2.5 * HOUR_MS);
    expect(await keeping.run()).to.deep.equal({ outbox: 40, inbox: 0, idempotency: 0 });
    clock.advance(HOUR_MS);
    expect(await keeping.run()).to.deep.equal({ outbox: 0, inbox: 0, idempotency: 25 });
    clock.advance(24 * HOUR_MS);
    expect(await keeping.run()).to.deep.equal({ outbox: 0, inbox: 45, idempotency: 0 });
    expect(await left('outbox')).to.equal(5);
  });

  it('never removes what is not published, however old', async () => {
    clock.advance(10_000 * HOUR_MS);
    expect(await keeping.run()).to.include({ outbox: 0 });
    expect(await left('outbox')).to.equal(45);
  });

  it('lets several do it at once', async () => {
    clock.advance(10_000 * HOUR_MS);
    await it_.db.pool.query('update outbox set published_at = now()');
    const rounds = await Promise.all([keeping.run(), keeping.run(), keeping.run()]);
    const total = (table: 'outbox' | 'inbox' | 'idempotency') => rounds.reduce((sum, round) => sum + round[table], 0);
    expect([total('outbox'), total('inbox'), total('idempotency')]).to.deep.equal([45, 45, 25]);
  });

  it('does it by itself', async () => {
    clock.advance(10_000 * HOUR_MS);
    const often = startHousekeeping(it_.db, { logger, clock, everyMs: 5 });
    await waitUntil(async () => (await left('inbox')) === 0);
    await often.stop();
  });
});
