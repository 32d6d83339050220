import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { claimRun, finishRun, heartbeatRun, listRuns, type Run } from '@missions/contracts/scheduler/runs.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { killScopes, type KillTarget, setKillSwitch } from './store/kill-switch.ts';
import { FakeMissionService } from '../testing/mission-service.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { scheduler } from '../service.ts';
import { openSchedulerDatabase } from '../testing/scratch.ts';

const MINUTE = 60_000;
const start = new Date('2026-06-01T00:00:00Z');
const caller: Caller = { kind: 'agent', credential: 'key', customer_id: 'acme', user_id: null, agent_id: 'robot' };

describe('autonomous runs', () => {
  let own: TestServers;
  let database: TestDatabase;
  let db: Database;
  let clock: VirtualClock;
  let missions: FakeMissionService;
  let running: RunningService[];

  before(async () => (own = await startServers()));
  after(() => own.stop());
  beforeEach(async () => {
    database = await own.freshDatabase({ services: ['scheduler'] });
    clock = new VirtualClock(start);
    missions = await FakeMissionService.start(own.natsUrl);
    running = [];
    await startReplica();
    db = await openSchedulerDatabase(database.urlFor('scheduler'), 3);
  });
  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await missions.close();
    await db.close();
  });

  const startReplica = async (env: Record<string, string> = {}): Promise<RunningService> => {
    const one = await startInProcess(scheduler, {
      databaseUrl: database.urlFor('scheduler'),
      natsUrl: own.natsUrl,
      clock,
      env,
    });
    running.push(one);
    return one;
  };
  interface Claimed {
    run: (Run & { fence: number }) | null;
    context: { mission: { version: number } } | null;
  }
  const claim = async (overrides: Partial<Caller> = {}, wait_seconds = 0): Promise<Claimed> =>
    (
      await missions.bus.request(
        claimRun,
        { caller: { ...caller, ...overrides }, input: { wait_seconds, lease_seconds: 120 } },
        { timeoutMs: 20_000 },
      )
    ).json<Claimed>();
  const claimed = (overrides: Partial<Caller> = {}) =>
    waitUntil(async () => (await claim(overrides)).run, { what: 'a run to claim' });
  const holderOf = ({ agent_id }: Run): Caller => ({ ...caller, agent_id });
  const heartbeat = async (run: Run, fence = run.fence ?? 0): Promise<Run> =>
    (await missions.bus.request(heartbeatRun, { caller: holderOf(run), input: { run_id: run.id, fence } })).json<Run>();
  const finish = async (run: Run, status: 'succeeded' | 'failed' = 'succeeded', error?: string): Promise<Run> =>
    (
      await missions.bus.request(finishRun, {
        caller: holderOf(run),
        input: { run_id: run.id, fence: run.fence ?? 0, status, ...(error !== undefined && { error }) },
      })
    ).json<Run>();
  const outcomeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'done',
      (error: unknown) => (error instanceof Problem ? error.code : String(error)),
    );
  const query = async <R>(sql: string): Promise<R[]> => (await db.pool.query(sql)).rows as R[];
  const nextRun = async (id: string): Promise<string | null> =>
    (
      await query<{ at: string | null }>(
        `select iso(next_run_at) as at from watched_mission where mission_id = '${id}'`,
      )
    )[0]?.at ?? null;
  /** Waits until the projection has applied the mission's latest event. */
  const projected = (id: string) =>
    waitUntil(
      async () =>
        (await query<{ version: number }>(`select version from watched_mission where mission_id = '${id}'`))[0]
          ?.version === missions.all.get(id)?.version,
      { what: 'the projection' },
    );
  const at = (minutes: number): string => new Date(start.getTime() + minutes * MINUTE).toISOString();
  const move = (minutes: number): void => clock.set(new Date(at(minutes)));

  it('a created mission has a run at once, then at intervals that grow until a caller changes it', async () => {
    const mission = missions.create();
    await missions.change(mission);
    const intervals = [15, 30, 60, 180, 360, 360];
    let now = 0;
    let run = await claimed();
    expect([run.reason, run.attempt, run.agent_id, run.fence]).to.deep.equal(['created', 1, 'robot', 1]);
    for (const interval of intervals) {
      await finish(run);
      await projected(mission.id);
      now += interval;
      expect(await nextRun(mission.id)).to.equal(at(now));
      clock.set(new Date(Date.parse(at(now)) - 1));
      expect((await claim()).run).to.equal(null);
      move(now);
      run = await claimed();
      expect([run.reason, run.requested_at]).to.deep.equal(['interval', at(now)]);
    }
    // The run's own changes neither lengthen nor shorten the interval.
    await missions.changeByRun(mission);
    await finish(run);
    await projected(mission.id);
    expect(await nextRun(mission.id)).to.equal(at(now + 360));
    await missions.change(mission);
    await projected(mission.id);
    expect(await nextRun(mission.id)).to.equal(at(now + 5));
  });

  it('an unblocked mission has a run at once, and none while it waits or is paused', async () => {
    const mission = missions.create({ tasks: { waiting_human: 1 } });
    await missions.change(mission);
    await projected(mission.id);
    clock.advance(60 * MINUTE);
    expect((await claim()).run).to.equal(null);
    await missions.change(mission, { tasks: { in_progress: 1 } });
    const run = await claimed();
    expect(run.reason).to.equal('unblocked');
    await finish(run);
    await missions.change(mission, { status: 'paused' });
    await projected(mission.id);
    expect(await nextRun(mission.id)).to.equal(null);
  });

  it('a queued run ends if its mission can no longer be run, and a run that is refused ends', async () => {
    const [one, two] = [missions.create(), missions.create()];
    missions.refused.add(two.id);
    await missions.change(one);
    await missions.change(two);
    await waitUntil(async () => (await query(`select 1 from run where status = 'queued'`)).length === 2, {
      what: 'both queued',
    });
    await missions.change(one, { status: 'completed' });
    await projected(one.id);
    expect((await claim()).run).to.equal(null);
    const rows = await query<{ mission_id: string; status: string; error: string }>(
      'select mission_id, status, error from run',
    );
    expect(
      Object.fromEntries(rows.map(({ mission_id, status, error }) => [mission_id, `${status}: ${error}`])),
    ).to.deep.equal({
      [one.id]: 'expired: The mission can no longer be run.',
      [two.id]: 'expired: The mission is not to be run.',
    });
    expect(await nextRun(two.id)).to.equal(at(5));
  });

  it('a run whose lease expires is replaced at once under a higher fence, and its agent is refused', async () => {
    const mission = missions.create();
    await missions.change(mission);
    const first = await claimed();
    clock.advance(119_000);
    expect((await heartbeat(first)).lease_expires_at).to.equal(new Date(start.getTime() + 239_000).toISOString());
    clock.advance(120_000);
    const second = await claimed({ agent_id: 'other' });
    expect([second.reason, second.attempt, second.agent_id]).to.deep.equal(['retry', 2, 'other']);
    expect(second.fence).to.be.greaterThan(first.fence);
    expect(await outcomeOf(heartbeat(first))).to.equal('LEASE_LOST');
    expect(await outcomeOf(finish(first))).to.equal('LEASE_LOST');
    expect(await outcomeOf(heartbeat(second, second.fence - 1))).to.equal('LEASE_LOST');
    const done = await finish(second);
    expect(done.status).to.equal('succeeded');
    expect(await finish(second)).to.deep.equal(done);
    const { runs } = (await missions.bus.request(listRuns, { caller, input: { mission_id: mission.id } })).json<{
      runs: Run[];
    }>();
    expect(runs.map(({ id, status }) => [id, status])).to.deep.equal([
      [second.id, 'succeeded'],
      [first.id, 'expired'],
    ]);
  });

  it('a run is hidden from other customers and users', async () => {
    await missions.change(missions.create());
    const run = await claimed();
    for (const overrides of [{ customer_id: 'other' }, { user_id: 'bob' }]) {
      expect(
        await outcomeOf(
          missions.bus.request(heartbeatRun, {
            caller: { ...caller, ...overrides },
            input: { run_id: run.id, fence: run.fence },
          }),
        ),
      ).to.equal('NOT_FOUND');
    }
    await missions.change(missions.create());
    await waitUntil(async () => (await query(`select 1 from run where status = 'queued'`)).length === 1, {
      what: 'another',
    });
    expect((await claim({ customer_id: 'other' })).run).to.equal(null);
    expect((await claim({ user_id: 'bob' })).run).to.equal(null);
  });

  it('a run that the backend claimed for no named agent is no agent’s to extend or to finish', async () => {
    await missions.change(missions.create());
    const backend: Caller = { ...caller, kind: 'service', credential: 'service', agent_id: null };
    const run = await claimed(backend);
    const named = { run_id: run.id, fence: run.fence };
    expect(run.agent_id).to.equal(null);
    expect(await outcomeOf(missions.bus.request(heartbeatRun, { caller, input: named }))).to.equal('NOT_FOUND');
    const finishing = { ...named, status: 'succeeded' } as const;
    expect(await outcomeOf(missions.bus.request(finishRun, { caller, input: finishing }))).to.equal('NOT_FOUND');
    expect(await outcomeOf(missions.bus.request(heartbeatRun, { caller: backend, input: named }))).to.equal('done');
    expect(await outcomeOf(missions.bus.request(finishRun, { caller: backend, input: finishing }))).to.equal('done');
  });

  it('failed runs back off, and after five in a row the mission is paused', async () => {
    const mission = missions.create();
    await missions.change(mission);
    let now = 0;
    for (const pause of [5, 10, 20, 40]) {
      await finish(await claimed(), 'failed', 'no luck');
      await projected(mission.id);
      now += pause;
      expect(await nextRun(mission.id)).to.equal(at(now));
      move(now);
    }
    const last = await claimed();
    expect([last.reason, last.attempt]).to.deep.equal(['retry', 5]);
    await finish(last, 'failed', 'no luck');
    expect(missions.settled.map(({ pause }) => pause)).to.deep.equal([false, false, false, false, true]);
    await projected(mission.id);
    expect(await nextRun(mission.id)).to.equal(null);
  });

  it('a waiting claim gets a run of any replica, and answers without a run when its time is over', async () => {
    await startReplica();
    const waiting = claim({}, 20);
    const began = performance.now();
    await missions.change(missions.create());
    expect((await waiting).run?.reason).to.equal('created');
    expect(performance.now() - began).to.be.lessThan(18_000);
    expect((await claim({}, 0.2)).run).to.equal(null);
  });

  it('a claim does not pass over a run that somebody has locked for a moment', async () => {
    await missions.change(missions.create());
    await waitUntil(async () => (await query('select from run')).length === 1, { what: 'the queued run' });
    const holder = await db.pool.connect();
    await holder.query('begin');
    await holder.query('select from run for update');
    const claiming = claim();
    const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    const first = await Promise.race([
      claiming.then(() => 'an answer'),
      waitUntil(async () => (await query(waits)).length > 0, { what: 'the claim to wait' }).then(() => 'waits'),
    ]);
    await holder.query('commit');
    holder.release();
    expect([first, (await claiming).run?.status]).to.deep.equal(['waits', 'claimed']);
  });

  it('each run goes to one claim, and a customer has no more claimed runs than it may have', async () => {
    await Promise.all(Array.from({ length: 14 }, () => missions.change(missions.create())));
    await waitUntil(async () => (await query(`select 1 from run where status = 'queued'`)).length === 14, {
      what: 'all queued',
    });
    const runs = (await Promise.all(Array.from({ length: 20 }, () => claim()))).flatMap(({ run }) => run ?? []);
    expect(new Set(runs.map(({ id }) => id)).size).to.equal(10);
    await finish(runs[0] as Run);
    expect((await claim()).run).not.to.equal(null);
    expect((await claim()).run).to.equal(null);
  });

  for (const scope of killScopes) {
    it(`the kill switch of ${scope} stops queued runs at once and across a restart, until it is off`, async () => {
      const mission = missions.create();
      const other = missions.create({ customer_id: 'other' });
      const ann = { customer_id: 'acme', user_id: 'ann' };
      const target = { scope, ...ann, mission_id: mission.id } as KillTarget;
      await missions.change(mission);
      await waitUntil(async () => (await query(`select 1 from run where status = 'queued'`)).length === 1, {
        what: 'the run',
      });
      await setKillSwitch(autocommit(db), target, true);
      expect((await claim()).run).to.equal(null);
      await running[0]?.stop();
      running = [];
      await startReplica();
      expect((await claim()).run).to.equal(null);
      await missions.change(other);
      await projected(other.id);
      if (scope === 'all') expect((await claim({ customer_id: 'other' })).run).to.equal(null);
      else expect((await claimed({ customer_id: 'other' })).mission_id).to.equal(other.id);
      await setKillSwitch(autocommit(db), target, false);
      expect((await claimed()).mission_id).to.equal(mission.id);
    });
  }

  it('the event of a settlement records the end of a run whose own record was lost', async () => {
    const mission = missions.create();
    await missions.change(mission);
    const run = await claimed();
    await missions.settle({
      mission_id: mission.id,
      run_id: run.id,
      fence: run.fence,
      status: 'succeeded',
      error: '',
      pause: false,
    });
    await projected(mission.id);
    expect((await finish(run)).status).to.equal('succeeded');
    expect(await nextRun(mission.id)).to.equal(at(15));
  });

  it('a run loses its lease when its mission is paused', async () => {
    const mission = missions.create();
    await missions.change(mission);
    const run = await claimed();
    await missions.change(mission, { status: 'paused', fence: mission.fence + 1 });
    await projected(mission.id);
    expect(await outcomeOf(heartbeat(run))).to.equal('LEASE_LOST');
  });

  it('the life timer follows the mission’s events, and an erased mission leaves only its id', async () => {
    const mission = missions.create({ deadline: at(60) });
    const first = await missions.change(mission);
    const timer = () =>
      query<{ key: string; revision: number; fire_at: string | null; payload: unknown; cancelled: boolean }>(
        'select key, revision, iso(fire_at) as fire_at, payload, cancelled_at is not null as cancelled from timer',
      );
    await projected(mission.id);
    expect(await timer()).to.deep.equal([
      {
        key: `life:${mission.id}`,
        revision: 2,
        fire_at: at(60),
        payload: { life: true, deadline: at(60) },
        cancelled: false,
      },
    ]);
    await missions.change(mission, { deadline: at(90) });
    await projected(mission.id);
    expect((await timer())[0]?.fire_at).to.equal(at(90));
    await missions.change(mission, { deadline: null });
    await projected(mission.id);
    expect((await timer())[0]?.cancelled).to.equal(true);
    await finish(await claimed());
    await missions.erase(mission);
    const counts = () =>
      query<{ timers: number; runs: number; erased: number; held: number }>(
        `select (select count(*) from timer)::int as timers, (select count(*) from run)::int as runs,
              (select count(*) from watched_mission where erased)::int as erased,
              (select count(*) from watched_mission where runnable or customer_id <> '')::int as held`,
      );
    const nothing = [{ timers: 0, runs: 0, erased: 1, held: 0 }];
    await waitUntil(async () => JSON.stringify(await counts()) === JSON.stringify(nothing), { what: 'the erasure' });
    // A late event under an id that no inbox knows, and with a greater version.
    await missions.bus.publish({ ...first, id: crypto.randomUUID(), version: 99 });
    const marker = missions.create();
    await missions.change(marker);
    await projected(marker.id);
    expect(
      (await query(`select 1 from watched_mission where mission_id = '${mission.id}' and erased and version < 99`))
        .length,
    ).to.equal(1);
  });
});
