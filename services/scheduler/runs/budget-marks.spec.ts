import { expect } from 'chai';
import type { Caller } from '@missions/contracts/request.ts';
import { changeLimits } from '@missions/contracts/scheduler/limits.ts';
import { budgetChanged } from '@missions/contracts/scheduler/run-events.ts';
import { claimRun } from '@missions/contracts/scheduler/runs.ts';
import type { Database } from '@missions/persistence/database.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { scheduler } from '../service.ts';
import { type FakeMission, FakeMissionService } from '../testing/mission-service.ts';
import { openSchedulerDatabase } from '../testing/scratch.ts';

const MIDNIGHT = '2026-03-28T00:00:00.000Z';
const NEXT = '2026-03-29T00:00:00.000Z';

describe('a mission whose run waits for a spent budget', () => {
  let own: TestServers;
  let db: Database;
  let missions: FakeMissionService;
  let running: RunningService[];
  let clock: VirtualClock;
  before(async () => {
    own = await startServers();
    const database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrl);
    clock = new VirtualClock(new Date('2026-03-27T12:00:00Z'));
    const urls = { databaseUrl: database.urlFor('scheduler'), natsUrl: own.natsUrl, clock };
    running = [await startInProcess(scheduler, urls), await startInProcess(scheduler, urls)];
    db = await openSchedulerDatabase(database.urlFor('scheduler'), 3);
  });
  after(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await missions.close();
    await db.close();
    await own.stop();
  });

  const agentOf = (customer_id: string): Caller => ({
    kind: 'agent',
    credential: 'key',
    customer_id,
    user_id: null,
    agent_id: 'robot',
  });
  const limit = ({ customer_id }: FakeMission, max_runs_per_day: number | null, mission_id?: string) =>
    missions.bus.request(changeLimits, {
      caller: { ...agentOf(customer_id), kind: 'user', user_id: 'ann' },
      input: { limits: { max_runs_per_day }, ...(mission_id !== undefined && { mission_id }) },
    });
  const waiting = async (): Promise<FakeMission> => {
    const made = missions.create({ customer_id: `customer-${newId()}` });
    await limit(made, 0);
    await missions.change(made);
    return made;
  };
  const claim = async ({ customer_id }: FakeMission): Promise<unknown> => {
    const input = { wait_seconds: 0, lease_seconds: 900 };
    return (await missions.bus.request(claimRun, { caller: agentOf(customer_id), input })).json<{ run: unknown }>().run;
  };
  /** What the mission service was told: each revision, and until when the budget is spent. */
  const told = async ({ id }: FakeMission): Promise<[number, string | null][]> =>
    (
      await db.pool.query<{ data: { revision: number; until: string | null } }>(
        'select data from outbox where type = $1 and mission_id = $2 order by position',
        [budgetChanged, id],
      )
    ).rows.map(({ data: { revision, until } }) => [revision, until]);
  const isTold = (mission: FakeMission, count: number) =>
    waitUntil(async () => (await told(mission)).length >= count, { what: `${count} events of the budget` });

  it('is told of once, although no agent claims, and once more when the limit is raised', async () => {
    const mission = await waiting();
    await isTold(mission, 1);
    for (let time = 0; time < 3; time++) expect(await claim(mission)).to.equal(null);
    // The same limit once more lets the run go, so that it is looked at again: nothing is other than before.
    await limit(mission, 0);
    expect(await claim(mission)).to.equal(null);
    expect(await told(mission)).to.deep.equal([[1, MIDNIGHT]]);
    await limit(mission, 1);
    await isTold(mission, 2);
    expect(await claim(mission)).to.include({ mission_id: mission.id });
    expect(await told(mission)).to.deep.equal([
      [1, MIDNIGHT],
      [2, null],
    ]);
  });

  it('is told of the same state never twice in a row, however two replicas and many changes race', async () => {
    const mission = await waiting();
    await isTold(mission, 1);
    const changes = Array.from({ length: 40 }, (_, n) => limit(mission, n % 2 === 0 ? null : 0));
    await Promise.all(changes);
    await limit(mission, null);
    await waitUntil(async () => (await told(mission)).at(-1)?.[1] === null, { what: 'the budget to let the run go' });
    const all = await told(mission);
    expect(all.map(([revision]) => revision)).to.deep.equal(all.map((_, n) => n + 1));
    for (const [n, [, until]] of all.entries()) expect(until).to.equal(n % 2 === 0 ? MIDNIGHT : null);
  });

  it('is told of when the budget renews: it lets the run go, or is spent for the next day too', async () => {
    const [renewing, without] = [await waiting(), await waiting()];
    await Promise.all([isTold(renewing, 1), isTold(without, 1)]);
    await limit(renewing, 1);
    await isTold(renewing, 2);
    expect(await claim(renewing)).to.include({ mission_id: renewing.id });
    clock.set(new Date(MIDNIGHT));
    await isTold(without, 2);
    expect(await told(without)).to.deep.equal([
      [1, MIDNIGHT],
      [2, NEXT],
    ]);
  });
});
