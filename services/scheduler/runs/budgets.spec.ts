import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import {
  changeCustomerLimits,
  changeLimits,
  type Limits,
  noteZone,
  readUsage,
  type Usage,
  type UsedDay,
} from '@missions/contracts/scheduler/limits.ts';
import {
  claimRun,
  finishRun,
  heartbeatRun,
  type ListedRun,
  listRuns,
  returnRun,
  type Run,
} from '@missions/contracts/scheduler/runs.ts';
import { weekdays } from '@missions/contracts/zone.ts';
import type { Database } from '@missions/persistence/database.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { scheduler } from '../service.ts';
import { type FakeMission, FakeMissionService } from '../testing/mission-service.ts';
import { openSchedulerDatabase } from '../testing/scratch.ts';

const LONG = { timeoutMs: 60_000 };
type Held = Run & { fence: number };

describe('a budget of the day', () => {
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
  const userOf = (customer_id: string): Caller => ({ ...agentOf(customer_id), kind: 'user', user_id: 'ann' });
  const claim = async (customer_id: string, wait_seconds = 0): Promise<Held | null> => {
    const input = { wait_seconds, lease_seconds: 900 };
    const reply = await missions.bus.request(claimRun, { caller: agentOf(customer_id), input }, LONG);
    return reply.json<{ run: Held | null }>().run;
  };
  const got = (customer_id: string): Promise<Held> =>
    waitUntil(async () => (await claim(customer_id)) ?? undefined, { what: 'a run' });
  const limit = (customer_id: string, limits: Partial<Limits>, mission_id?: string) =>
    missions.bus.request(changeLimits, {
      caller: userOf(customer_id),
      input: { limits, ...(mission_id !== undefined && { mission_id }) },
    });
  const finish = ({ id: run_id, fence, customer_id }: Held, usage?: Usage) =>
    missions.bus.request(finishRun, {
      caller: agentOf(customer_id),
      input: { run_id, fence, status: 'succeeded', again: true, ...(usage && { usage }) },
    });
  const heartbeat = ({ id: run_id, fence, customer_id }: Held, usage?: Usage): Promise<Problem | undefined> =>
    missions.bus
      .request(heartbeatRun, { caller: agentOf(customer_id), input: { run_id, fence, ...(usage && { usage }) } })
      .then(
        () => undefined,
        (error: unknown) => error as Problem,
      );
  const mission = async (limits: Partial<Limits> = {}, customer_id = `customer-${newId()}`) => {
    const made: FakeMission = missions.create({ customer_id });
    await limit(customer_id, limits, made.id);
    await missions.change(made);
    return { customer_id, mission: made };
  };
  /** The queued run is held, and a claim has found it so. */
  const isHeld = (customer_id: string) =>
    waitUntil(
      async () =>
        (await claim(customer_id)) === null &&
        (await db.pool.query('select 1 from run where customer_id = $1 and held_until is not null', [customer_id]))
          .rows[0],
      { what: 'the run to be held' },
    );

  /** Fifty agents claim and finish runs until so many were given, and nothing is left to be claimed. */
  const race = async (customer_id: string, most: number): Promise<number> => {
    let given = 0;
    let stopped = false;
    const agents = Array.from({ length: 50 }, async () => {
      while (!stopped) {
        const run = await claim(customer_id, 1);
        if (!run) continue;
        given++;
        await finish(run);
      }
    });
    await waitUntil(() => given >= most, { what: `${most} runs` });
    await isHeld(customer_id);
    stopped = true;
    await Promise.all(agents);
    return given;
  };

  it('of ten runs gives exactly ten to fifty agents who race for them', async () => {
    const { customer_id, mission: it } = await mission({ max_runs_per_day: 10 });
    expect(await race(customer_id, 10)).to.equal(10);
    expect(it.fence).to.equal(20);
  });

  it('of a customer is one budget for its users and their missions, also for fifty agents who race', async () => {
    const customer_id = `customer-${newId()}`;
    const backend: Caller = { ...agentOf(customer_id), kind: 'service', credential: 'backend', agent_id: null };
    // The customer's day ends in twelve hours, whatever the day of a user.
    const input = { max_runs_per_day: 6, time_zone: 'Europe/London' };
    const set = await missions.bus.request(changeCustomerLimits, { caller: backend, input });
    expect(set.json()).to.include(input);
    for (const caller of [agentOf(customer_id), userOf(customer_id)])
      expect(
        await missions.bus.request(changeCustomerLimits, { caller, input: {} }).catch((error: Problem) => error.code),
      ).to.equal('FORBIDDEN');
    const users = ['ann', 'bob', 'eve'];
    for (const user_id of users) await missions.change(missions.create({ customer_id, user_id }));
    const caller: Caller = { ...userOf(customer_id), user_id: 'bob' };
    await missions.bus.request(noteZone, { caller, input: { time_zone: 'Pacific/Auckland' } });
    expect(await race(customer_id, 6)).to.equal(6);
    const { rows } = await db.pool.query<{ user_id: string; until: string }>(
      'select distinct user_id, iso(held_until) as until from run where customer_id = $1 and finished_at is null order by 1',
      [customer_id],
    );
    expect(rows).to.deep.equal(users.map((user_id) => ({ user_id, until: '2026-03-28T00:00:00.000Z' })));
  });

  it('counts the tightest of the limits of a mission and of its user', async () => {
    const { customer_id } = await mission({ max_runs_per_day: 5 });
    await limit(customer_id, { max_runs_per_day: 1 });
    await finish(await got(customer_id));
    await isHeld(customer_id);
    await limit(customer_id, { max_runs_per_day: null });
    await finish(await got(customer_id));
  });

  it('that a returned run leaves over is for another mission of the user', async () => {
    const { customer_id, mission: one } = await mission();
    const other = missions.create({ customer_id });
    await missions.change(other);
    await limit(customer_id, { max_runs_per_day: 1 });
    const { id: run_id, fence, mission_id } = await got(customer_id);
    await isHeld(customer_id);
    await missions.bus.request(returnRun, { caller: agentOf(customer_id), input: { run_id, fence } });
    const [returned, left] = mission_id === one.id ? [one, other] : [other, one];
    await missions.change(returned, { status: 'paused' });
    expect((await got(customer_id)).mission_id).to.equal(left.id);
  });

  it('of money counts what was spent in its own currency', async () => {
    const { customer_id } = await mission({ max_cost_per_day: { amount: '1', currency: 'EUR' } });
    const run = await got(customer_id);
    const cost = { amount: '150', currency: 'JPY' };
    expect(await heartbeat(run, { input_tokens: 1, output_tokens: 1, cost })).to.equal(undefined);
    await finish(run);
    await finish(await got(customer_id));
  });

  const used = (input_tokens: number, output_tokens: number, amount?: string): Usage => ({
    ...{ input_tokens, output_tokens },
    ...(amount !== undefined && { cost: { amount, currency: 'EUR' } }),
  });
  const spent: [string, Partial<Limits>, Usage, Usage][] = [
    ['tokens', { max_tokens_per_day: 100 }, used(60, 39), used(60, 40)],
    ['money', { max_cost_per_day: { amount: '0.30', currency: 'EUR' } }, used(1, 1, '0.29'), used(1, 1, '0.30')],
  ];
  for (const [name, limits, within, over] of spent)
    it(`of ${name} refuses the heartbeat that spends it with BUDGET_SPENT, and ends the run`, async () => {
      const { customer_id, mission: it } = await mission(limits);
      const run = await got(customer_id);
      // Totals: a repeated heartbeat counts nothing twice.
      for (let time = 0; time < 3; time++) expect(await heartbeat(run, within)).to.equal(undefined);
      const refused = await heartbeat(run, over);
      expect([refused?.code, refused?.members['renews_at']]).to.deep.equal([
        'BUDGET_SPENT',
        '2026-03-28T00:00:00.000Z',
      ]);
      expect(it.fence).to.be.greaterThan(run.fence);
      expect((await heartbeat(run, over))?.code).to.equal('BUDGET_SPENT');
      await isHeld(customer_id);
    });

  it('of tokens that a finish has reported is spent for the next run', async () => {
    const { customer_id } = await mission({ max_tokens_per_day: 100 });
    await finish(await got(customer_id), used(100, 0));
    await isHeld(customer_id);
  });

  it("renews at the user's midnight, also over the change to summer time, for a claim that waits", async () => {
    const { customer_id, mission: it } = await mission({ max_runs_per_day: 1 });
    await missions.bus.request(noteZone, { caller: userOf(customer_id), input: { time_zone: 'Europe/Lisbon' } });
    await finish(await got(customer_id));
    // The clocks go forward in the first of these days, which has 23 hours.
    for (const midnight of [
      '2026-03-28T00:00:00Z',
      '2026-03-29T00:00:00Z',
      '2026-03-29T23:00:00Z',
      '2026-03-30T23:00:00Z',
    ]) {
      await isHeld(customer_id);
      clock.set(new Date(Date.parse(midnight) - 1_000));
      expect(await claim(customer_id), `before ${midnight}`).to.equal(null);
      const waiting = claim(customer_id, 30);
      clock.set(new Date(midnight));
      const run = await waiting;
      expect(run?.mission_id, midnight).to.equal(it.id);
      await finish(run as Held);
    }
  });

  it('holds runs outside of the hours, and offers them by itself when the hours begin, over a summer time', async () => {
    const hours = { weekdays: [...weekdays], from: '22:00', to: '02:30', zone: 'Europe/Berlin' };
    clock.set(new Date('2026-10-24T19:59:59Z'));
    const { customer_id, mission: it } = await mission({ hours });
    expect(
      await limit(customer_id, { hours: { ...hours, zone: 'Mars/Base' } }).catch((error: Problem) => error.code),
    ).to.equal('VALIDATION_FAILED');
    // The night in which the clocks are put back, one with an hour more, and the night after it.
    for (const [begins, ends] of [
      ['2026-10-24T20:00:00Z', '2026-10-25T00:30:00Z'],
      ['2026-10-25T21:00:00Z', '2026-10-26T01:30:00Z'],
    ] as const) {
      await isHeld(customer_id);
      const waiting = claim(customer_id, 30);
      clock.set(new Date(begins));
      const run = (await waiting) as Held;
      expect(run?.mission_id, begins).to.equal(it.id);
      await finish(run);
      clock.set(new Date(Date.parse(ends) - 1_000));
      const last = await got(customer_id);
      // A run in hand goes on to its end; the next one is held.
      clock.set(new Date(ends));
      expect(await heartbeat(last)).to.equal(undefined);
      await finish(last);
    }
    await isHeld(customer_id);
    await limit(customer_id, { hours: null }, it.id);
    await finish(await got(customer_id));
  });

  it('is told of in days of the user’s zone, with what each run has used', async () => {
    const { customer_id } = await mission();
    const usedDays = async (days: number): Promise<UsedDay[]> =>
      (await missions.bus.request(readUsage, { caller: userOf(customer_id), input: { days } })).json<{
        days: UsedDay[];
      }>().days;
    const today = (await usedDays(1))[0]?.date ?? '';
    const none = { runs: 0, input_tokens: 0, output_tokens: 0, costs: [] };
    expect(await usedDays(2)).to.deep.include({ date: today, ...none });
    const run = await got(customer_id);
    await heartbeat(run, used(7, 2, '0.25'));
    await finish(run, used(9, 4, '1.50'));
    const costs = [{ amount: '1.50', currency: 'EUR' }];
    const listed = await missions.bus.request(listRuns, {
      caller: userOf(customer_id),
      input: { mission_id: run.mission_id },
    });
    const ofRun = listed.json<{ runs: ListedRun[] }>().runs.find(({ id }) => id === run.id);
    expect(ofRun?.usage).to.deep.equal({ input_tokens: 9, output_tokens: 4, costs });
    const [now, before] = await usedDays(2);
    expect(now).to.deep.equal({ date: today, runs: 1, input_tokens: 9, output_tokens: 4, costs });
    expect(before).to.deep.include(none);
    // Kiritimati is 14 hours ahead of UTC: the same moment is of another day there, or of the same one.
    await missions.bus.request(noteZone, { caller: userOf(customer_id), input: { time_zone: 'Pacific/Kiritimati' } });
    const there = new Intl.DateTimeFormat('sv', { timeZone: 'Pacific/Kiritimati' }).format(clock.now());
    expect((await usedDays(1))[0]).to.deep.equal({ date: there, runs: 1, input_tokens: 9, output_tokens: 4, costs });
    expect(await usedDays(35)).to.have.length(35);
  });
});
