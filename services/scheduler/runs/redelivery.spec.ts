import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { claimRun, finishRun, type Run } from '@missions/contracts/scheduler/runs.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { dispatchRuns } from './store/dispatch.ts';
import { FakeMissionService } from '../testing/mission-service.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { scheduler } from '../service.ts';
import { openSchedulerDatabase, scratchDatabase } from '../testing/scratch.ts';
import { missionEvents } from './subscriptions/mission-projection.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

const MINUTE = 60_000;
const start = new Date('2026-06-01T00:00:00Z');
const caller: Caller = { kind: 'agent', credential: 'key', customer_id: 'acme', user_id: null, agent_id: 'robot' };

describe('mission events that are delivered more than once, and in any order', () => {
  let own: TestServers;
  let missions: FakeMissionService;
  let running: RunningService;
  let db: Database;
  const clock = new VirtualClock(start);
  /** Every event of the stream, in the stream's order. */
  const published: EventEnvelope[] = [];
  const closing: (() => Promise<unknown>)[] = [];

  before(async () => {
    own = await startServers();
    closing.push(() => own.stop());
    const database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrl);
    closing.push(() => missions.close());
    running = await startInProcess(scheduler, {
      databaseUrl: database.urlFor('scheduler'),
      natsUrl: own.natsUrl,
      clock,
    });
    closing.push(() => running.stop());
    db = await openSchedulerDatabase(database.urlFor('scheduler'), 4);
    closing.push(() => db.close());
    await missions.bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service: 'mission',
      durable: 'recorder',
      handleOne: async (event) => void published.push(event),
    });
    await runThrough();
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  /**
   * Missions in every state: some are completed, some wait, one is paused during a run, one is erased, and several have
   * an open run.
   */
  async function runThrough(): Promise<void> {
    const many = Array.from({ length: 12 }, () => missions.create());
    for (const mission of many) await missions.change(mission);
    const finish = (run: Run, status: 'succeeded' | 'failed') =>
      missions.bus.request(finishRun, { caller, input: { run_id: run.id, fence: run.fence ?? 0, status } });
    const claim = async () =>
      (await missions.bus.request(claimRun, { caller, input: { wait_seconds: 0, lease_seconds: 900 } })).json<{
        run: Run | null;
      }>().run;
    for (let i = 0; i < 8; i++) {
      const run = await waitUntil(claim, { what: 'a run' });
      const mission = missions.all.get(run.mission_id);
      if (mission && i % 2 === 0) await missions.changeByRun(mission);
      if (i < 6) await finish(run, i % 3 === 0 ? 'failed' : 'succeeded');
      else if (mission && i === 6) await missions.change(mission, { status: 'paused', fence: mission.fence + 1 });
    }
    for (const [i, mission] of many.entries()) {
      if (i % 4 === 1) await missions.change(mission, { tasks: { waiting_human: 1 } });
      if (i % 4 === 2) await missions.change(mission);
      if (i === 5) await missions.change(mission, { tasks: { in_progress: 1 } });
      if (i === 3) await missions.erase(mission);
      if (i === 7) await missions.change(mission, { status: 'completed' });
    }
    clock.advance(MINUTE);
    const versions = new Map(many.map(({ id, version }, i) => [id, i === 3 ? version + 1 : version]));
    await waitUntil(() => published.length >= [...versions.values()].reduce((sum, version) => sum + version - 1, 0), {
      what: 'all events on the stream',
    });
    await waitUntil(
      async () => (await watched(db)).every(({ mission_id, version }) => version === versions.get(mission_id)),
      { what: 'the projection' },
    );
    // The dispatcher has nothing left to do at this time of the clock.
    await waitUntil(
      async () =>
        (await db.pool.query(`select 1 from watched_mission where next_run_at <= $1 and run_id is null`, [clock.now()]))
          .rowCount === 0,
      { what: 'the dispatcher' },
    );
  }

  const rows = async <R = Record<string, unknown>>(from: Database, sql: string): Promise<R[]> =>
    (await from.pool.query(sql)).rows as R[];
  const watched = (from: Database) =>
    rows<{ mission_id: string; version: number }>(
      from,
      'select mission_id, version, runnable, erased from watched_mission order by mission_id',
    );
  const everything = async () => [
    await rows(db, 'select * from watched_mission order by mission_id'),
    await rows(db, 'select * from run order by id'),
    await rows(db, 'select owner, key, revision, fire_at, cancelled_at from timer order by key'),
  ];
  const handlerOn = (database: Database) =>
    missionEvents({ db: database, clock, wakeDispatcher: () => {}, runAvailable: () => {}, timersStored: () => {} });
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const shuffled = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, at: random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ item }) => item);
  /** Delivers in batches of random sizes, two at a time, as two replicas of the service would receive them. */
  const deliver = async (database: Database, events: EventEnvelope[]): Promise<void> => {
    const left = [...events];
    const replica = async (): Promise<void> => {
      const handle = handlerOn(database);
      while (left.length > 0) await handle(left.splice(0, 1 + Math.floor(random() * 20)));
    };
    await Promise.all([replica(), replica()]);
  };
  const thrice = (): EventEnvelope[] => shuffled([...published, ...published, ...published]);

  it('change nothing if all of them are delivered three more times', async () => {
    const before = await everything();
    expect(before.map((table) => table?.length)).to.satisfy(
      ([missionRows = 0, runRows = 0]: number[]) => missionRows === 12 && runRows >= 8,
    );
    await deliver(db, thrice());
    expect(await everything()).to.deep.equal(before);
  });

  it('change nothing even after the inbox has been purged', async () => {
    const before = await everything();
    await db.pool.query(`delete from inbox where consumer = 'scheduler.runs'`);
    await deliver(db, thrice());
    // Nor under other ids, as an operator's replay from another system would deliver them.
    await deliver(db, shuffled(published.map((event) => ({ ...event, id: newId() }))));
    expect(await everything()).to.deep.equal(before);
  });

  it('give a scheduler with an empty database the same runnable missions, each with one run', async () => {
    const fresh = await scratchDatabase();
    try {
      const before = await watched(db);
      for (const order of [thrice(), published.toReversed()]) {
        await deliver(fresh, order);
        expect(await watched(fresh)).to.deep.equal(before);
        while ((await dispatchRuns(autocommit(fresh), clock.now())).length > 0);
      }
      const open = await rows<{ mission_id: string }>(
        fresh,
        'select mission_id from run where finished_at is null order by mission_id',
      );
      const runnable = await rows<{ mission_id: string }>(
        db,
        'select mission_id from watched_mission where runnable order by mission_id',
      );
      expect(open).to.deep.equal(runnable);
      expect(runnable).to.have.length.above(4);
      expect(await rows(fresh, 'select 1 from run')).to.have.length(open.length);
    } finally {
      await fresh.close();
    }
  });
});
