import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Database } from '@missions/persistence/database.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { eventOf, type FakeMission } from '../../testing/mission-service.ts';
import { scratchDatabase } from '../../testing/scratch.ts';
import { missionEvents } from './mission-projection.ts';

describe('events of missions that may not run by themselves', () => {
  let db: Database;
  before(async () => (db = await scratchDatabase()));
  after(() => db.close());
  const clock = new VirtualClock(new Date('2026-06-01T00:00:00Z'));
  const count = async (table: string): Promise<number> => {
    const { rows } = await db.pool.query<{ count: number }>(`select count(*)::int as count from ${table}`);
    return rows[0]?.count ?? 0;
  };
  const handle = () =>
    missionEvents({ db, clock, wakeDispatcher: () => {}, runAvailable: () => {}, timersStored: () => {} });
  const mission = (autonomous: boolean): FakeMission => ({
    id: newId(),
    customer_id: 'acme',
    user_id: 'ann',
    version: 1,
    fence: 0,
    run_id: null,
    run_fence: null,
    status: 'active',
    tasks: { ready: 1 },
    waits_for_user: false,
    priority: 'normal',
    deadline: '2026-06-08T00:00:00.000Z',
    autonomous,
  });
  const next = (of: FakeMission, about: object = {}): EventEnvelope => {
    of.version++;
    return eventOf(of, { by_run: false, ...about });
  };

  it('cost no row, unless they move the end of its life', async () => {
    const quiet = mission(false);
    const created = next(quiet);
    const steps = Array.from({ length: 8 }, () => next(quiet, { concerns_schedule: false }));
    await handle()([created, ...steps.slice(0, 4)]);
    for (const step of steps.slice(4)) await handle()([step]);
    expect([await count('inbox'), await count('watched_mission'), await count('timer')]).to.deep.equal([1, 1, 1]);
  });

  it('are all heard from a mission service of the version before, which does not say what they concern', async () => {
    const before = await count('inbox');
    const former = mission(false);
    await handle()([next(former), next(former), next(former)]);
    expect((await count('inbox')) - before).to.equal(3);
  });

  it('that are malformed are refused all the same', async () => {
    const wrong = next(mission(false), { concerns_schedule: false });
    const refused = await handle()([{ ...wrong, data: { ...wrong.data, mission: {} } }]).catch(
      (error: unknown) => error,
    );
    expect(refused).to.include({ code: 'VALIDATION_FAILED' });
  });
});
