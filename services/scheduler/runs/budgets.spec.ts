import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import {
  changeCustomerLimits,
  type Limits,
  noteZone,
  readCustomerLimits,
  readLimits,
  readUsage,
  type Usage,
  type UsedDay,
} from '@missions/contracts/scheduler/limits.ts';
import { returnRun } from '@missions/contracts/scheduler/runs.ts';
import { weekdays } from '@missions/contracts/zone.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { claimQueuedRun, GRANT_SECONDS } from './store/claims.ts';
import { agentOf, BudgetedScheduler, type Held, used, userOf } from '../testing/budgeted.ts';

describe('a budget of the day', () => {
  let own: BudgetedScheduler;
  before(async () => {
    own = await BudgetedScheduler.start('2026-03-27T12:00:00Z');
  });
  after(() => own.stop());

  /** Fifty agents claim and finish runs until so many were given, and nothing is left to be claimed. */
  const race = async (customer_id: string, most: number): Promise<number> => {
    let given = 0;
    let stopped = false;
    const agents = Array.from({ length: 50 }, async () => {
      while (!stopped) {
        const run = await own.claim(customer_id, 1);
        if (!run) continue;
        given++;
        await own.finish(run);
      }
    });
    await waitUntil(() => given >= most, { what: `${most} runs` });
    await own.isHeld(customer_id);
    stopped = true;
    await Promise.all(agents);
    return given;
  };

  /** The first of a claim's three steps, at a moment that the dispatcher has not seen. */
  const claimAt = (customer_id: string, at: Date) =>
    claimQueuedRun(own.db, { customer_id, user_id: null, agent_id: 'robot', lease_seconds: 120, limit: 100 }, at);

  it('of ten runs gives exactly ten to fifty agents who race for them', async () => {
    const { customer_id, mission: it } = await own.mission({ max_runs_per_day: 10 });
    expect(await race(customer_id, 10)).to.equal(10);
    expect(it.fence).to.equal(20);
  });

  it('of a customer is one budget for its users and their missions, also for fifty agents who race', async () => {
    const customer_id = `customer-${newId()}`;
    const backend: Caller = { ...agentOf(customer_id), kind: 'service', credential: 'backend', agent_id: null };
    // The customer's day ends in twelve hours, whatever the day of a user.
    const input = { max_runs_per_day: 6, time_zone: 'Europe/London' };
    const set = await own.missions.bus.request(changeCustomerLimits, { caller: backend, input });
    expect(set.json()).to.include(input);
    for (const caller of [agentOf(customer_id), userOf(customer_id)])
      expect(
        await own.missions.bus
          .request(changeCustomerLimits, { caller, input: {} })
          .catch((error: Problem) => error.code),
      ).to.equal('FORBIDDEN');
    const users = ['ann', 'bob', 'eve'];
    for (const user_id of users) await own.missions.change(own.missions.create({ customer_id, user_id }));
    const caller: Caller = { ...userOf(customer_id), user_id: 'bob' };
    await own.missions.bus.request(noteZone, { caller, input: { time_zone: 'Pacific/Auckland' } });
    expect(await race(customer_id, 6)).to.equal(6);
    const { rows } = await own.db.pool.query<{ user_id: string; until: string }>(
      'select distinct user_id, iso(held_until) as until from run where customer_id = $1 and finished_at is null order by 1',
      [customer_id],
    );
    expect(rows).to.deep.equal(users.map((user_id) => ({ user_id, until: '2026-03-28T00:00:00.000Z' })));
  });

  it('counts the tightest of the limits of a mission and of its user', async () => {
    const { customer_id } = await own.mission({ max_runs_per_day: 5 });
    await own.limit(customer_id, { max_runs_per_day: 1 });
    await own.finish(await own.got(customer_id));
    await own.isHeld(customer_id);
    await own.limit(customer_id, { max_runs_per_day: null });
    await own.finish(await own.got(customer_id));
  });

  it('that a returned run leaves over is for another mission of the user', async () => {
    const { customer_id, mission: one } = await own.mission();
    const other = own.missions.create({ customer_id });
    await own.missions.change(other);
    await own.limit(customer_id, { max_runs_per_day: 1 });
    const { id: run_id, fence, mission_id } = await own.got(customer_id);
    await own.isHeld(customer_id);
    await own.missions.bus.request(returnRun, { caller: agentOf(customer_id), input: { run_id, fence } });
    const [returned, left] = mission_id === one.id ? [one, other] : [other, one];
    await own.missions.change(returned, { status: 'paused' });
    expect((await own.got(customer_id)).mission_id).to.equal(left.id);
  });

  it('counts a claim that waits for its grant, and none that the mission service refused', async () => {
    const { customer_id, mission: refused } = await own.mission();
    own.missions.refused.add(refused.id);
    await own.limit(customer_id, { max_runs_per_day: 1 });
    const queued = 'select 1 from run where customer_id = $1';
    await waitUntil(async () => (await own.db.pool.query(queued, [customer_id])).rows[0], { what: 'a queued run' });
    const others = [own.missions.create({ customer_id }), own.missions.create({ customer_id })];
    for (const other of others) await own.missions.change(other);
    await waitUntil(async () => (await own.db.pool.query(queued, [customer_id])).rows.length === 3, { what: 'three' });
    const [first, ungranted] = [
      await claimAt(customer_id, own.clock.now()),
      await claimAt(customer_id, own.clock.now()),
    ];
    expect([first?.run.mission_id, ungranted]).to.deep.equal([refused.id, undefined]);
    // The dispatcher was not told of that claim: it may look just before the clock moves, and then not before it moves again.
    const queuedAgain = async () => {
      own.clock.advance(GRANT_SECONDS * 1_000);
      return (await own.claim(customer_id)) ?? undefined;
    };
    const { mission_id } = await waitUntil(queuedAgain, { what: 'a run' });
    expect(others.map(({ id }) => id)).to.include(mission_id);
    const usage = await own.missions.bus.request(readUsage, { caller: userOf(customer_id), input: { days: 1 } });
    expect(usage.json<{ days: UsedDay[] }>().days[0]?.runs).to.equal(1);
  });

  it('of a mission is not spent by another, nor a user’s by another user or customer, and holds nobody else', async () => {
    const customer_id = `customer-${newId()}`;
    const other = (over: object) => own.missions.create({ customer_id, ...over });
    const [of_ann, of_bob, elsewhere] = [
      other({}),
      other({ user_id: 'bob' }),
      other({ customer_id: `other-${newId()}` }),
    ];
    for (const mission of [of_ann, of_bob, elsewhere]) {
      await own.missions.change(mission);
      await own.finish(await own.got(mission.customer_id), used(150, 0, '1.50'));
      await own.missions.change(mission, { status: 'paused' });
    }
    const cost = (amount: string) => ({ amount, currency: 'EUR' });
    await own.limit(customer_id, { max_runs_per_day: 3, max_tokens_per_day: 300, max_cost_per_day: cost('3') });
    const one = { max_runs_per_day: 1, max_tokens_per_day: 100, max_cost_per_day: cost('1') };
    const { mission: limited } = await own.mission(one, customer_id);
    const run = await own.got(customer_id);
    expect(run.mission_id).to.equal(limited.id);
    await own.finish(run, used(100, 0, '1'));
    await own.isHeld(customer_id);
    await own.missions.change(of_ann, { status: 'active' });
    const again = await own.got(customer_id);
    expect(again.mission_id).to.equal(of_ann.id);
    await own.finish(again, used(50, 0));
    await own.isHeld(customer_id);
    await own.missions.change(of_bob, { status: 'active' });
    expect((await own.got(customer_id)).mission_id).to.equal(of_bob.id);
  });

  it('lets one of the claims of a moment after another look at what is left', async () => {
    for (const most of [1, 4, 2]) {
      const customer_id = `customer-${newId()}`;
      await own.limit(customer_id, { max_runs_per_day: most });
      for (let mission = 0; mission < 12; mission++) await own.missions.change(own.missions.create({ customer_id }));
      const queued = `select count(*)::int as runs from run where customer_id = $1 and status = 'queued'`;
      await waitUntil(async () => (await own.db.pool.query(queued, [customer_id])).rows[0].runs === 12, {
        what: 'twelve queued runs',
      });
      const claims = await Promise.all(Array.from({ length: 40 }, () => claimAt(customer_id, own.clock.now())));
      expect(claims.filter(Boolean)).to.have.length(most);
    }
  });

  it('is read, as what was used, by its own user and customer alone', async () => {
    const { customer_id } = await own.mission();
    await own.limit(customer_id, { max_runs_per_day: 7 });
    const { bus } = own.missions;
    const limitsOf = async (caller: Caller) =>
      (await bus.request(readLimits, { caller, input: {} })).json<Limits>().max_runs_per_day;
    const usedBy = async (caller: Caller) =>
      (await bus.request(readUsage, { caller, input: {} })).json<{ days: UsedDay[] }>().days[0];
    const ofCustomer = async (caller: Caller) =>
      (await bus.request(readCustomerLimits, { caller, input: {} })).json<object>();
    const backend = (of: string): Caller => ({ ...agentOf(of), kind: 'service', agent_id: null });
    const input = { max_runs_per_day: 9, time_zone: 'Asia/Tokyo' };
    await bus.request(changeCustomerLimits, { caller: backend(customer_id), input });
    await own.finish(await own.got(customer_id), used(5, 5));
    const seen = async (caller: Caller) => {
      const today = await usedBy(caller);
      return [await limitsOf(caller), today?.runs, today?.input_tokens];
    };
    expect(await seen(userOf(customer_id))).to.deep.equal([7, 1, 5]);
    const elsewhere = `other-${newId()}`;
    for (const caller of [userOf(customer_id, 'bob'), userOf(elsewhere)])
      expect(await seen(caller)).to.deep.equal([null, 0, 0]);
    expect(await ofCustomer(backend(customer_id))).to.include(input);
    expect(await ofCustomer(backend(elsewhere))).to.include({ max_runs_per_day: null, time_zone: 'UTC' });
  });

  it('of money counts what was spent in its own currency', async () => {
    const { customer_id } = await own.mission({ max_cost_per_day: { amount: '1', currency: 'EUR' } });
    const run = await own.got(customer_id);
    const cost = { amount: '150', currency: 'JPY' };
    expect(await own.heartbeat(run, { input_tokens: 1, output_tokens: 1, cost })).to.equal(undefined);
    await own.finish(run);
    await own.finish(await own.got(customer_id));
  });

  const spent: [string, Partial<Limits>, Usage, Usage][] = [
    ['tokens', { max_tokens_per_day: 100 }, used(60, 39), used(60, 40)],
    ['money', { max_cost_per_day: { amount: '0.30', currency: 'EUR' } }, used(1, 1, '0.29'), used(1, 1, '0.30')],
  ];
  for (const [name, limits, within, over] of spent)
    it(`of ${name} refuses the heartbeat that spends it with BUDGET_SPENT, and ends the run`, async () => {
      const { customer_id, mission: it } = await own.mission(limits);
      const run = await own.got(customer_id);
      // Totals: a repeated heartbeat counts nothing twice.
      for (let time = 0; time < 3; time++) expect(await own.heartbeat(run, within)).to.equal(undefined);
      const refused = await own.heartbeat(run, over);
      expect([refused?.code, refused?.members['renews_at']]).to.deep.equal([
        'BUDGET_SPENT',
        '2026-03-28T00:00:00.000Z',
      ]);
      expect(it.fence).to.be.greaterThan(run.fence);
      expect((await own.heartbeat(run, over))?.code).to.equal('BUDGET_SPENT');
      await own.isHeld(customer_id);
    });

  for (const limits of [{ max_tokens_per_day: 0 }, { max_cost_per_day: { amount: '0', currency: 'EUR' } }])
    it(`of nothing lets no run begin, before anything was used: ${JSON.stringify(limits)}`, async () => {
      const { customer_id, mission: it } = await own.mission(limits);
      await own.isHeld(customer_id);
      await own.limit(customer_id, {}, it.id);
      await own.finish(await own.got(customer_id));
    });

  it('of tokens that a finish has reported is spent for the next run', async () => {
    const { customer_id } = await own.mission({ max_tokens_per_day: 100 });
    await own.finish(await own.got(customer_id), used(100, 0));
    await own.isHeld(customer_id);
  });

  it("renews at the user's midnight, also over the change to summer time, for a claim that waits", async () => {
    const { customer_id, mission: it } = await own.mission({ max_runs_per_day: 1 });
    await own.missions.bus.request(noteZone, { caller: userOf(customer_id), input: { time_zone: 'Europe/Lisbon' } });
    await own.finish(await own.got(customer_id));
    // The clocks go forward in the first of these days, which has 23 hours.
    for (const midnight of [
      '2026-03-28T00:00:00Z',
      '2026-03-29T00:00:00Z',
      '2026-03-29T23:00:00Z',
      '2026-03-30T23:00:00Z',
    ]) {
      await own.isHeld(customer_id);
      own.clock.set(new Date(Date.parse(midnight) - 1_000));
      expect(await own.claim(customer_id), `before ${midnight}`).to.equal(null);
      const waiting = own.claim(customer_id, 30);
      own.clock.set(new Date(midnight));
      const run = await waiting;
      expect(run?.mission_id, midnight).to.equal(it.id);
      await own.finish(run as Held);
    }
  });

  it('holds runs outside of the hours, and offers them by itself when the hours begin, over a summer time', async () => {
    const hours = { weekdays: [...weekdays], from: '22:00', to: '02:30', zone: 'Europe/Berlin' };
    own.clock.set(new Date('2026-10-24T19:59:59Z'));
    const { customer_id, mission: it } = await own.mission({ hours });
    expect(
      await own.limit(customer_id, { hours: { ...hours, zone: 'Mars/Base' } }).catch((error: Problem) => error.code),
    ).to.equal('VALIDATION_FAILED');
    // The night in which the clocks are put back, one with an hour more, and the night after it.
    for (const [begins, ends] of [
      ['2026-10-24T20:00:00Z', '2026-10-25T00:30:00Z'],
      ['2026-10-25T21:00:00Z', '2026-10-26T01:30:00Z'],
    ] as const) {
      await own.isHeld(customer_id);
      const waiting = own.claim(customer_id, 30);
      own.clock.set(new Date(begins));
      const run = (await waiting) as Held;
      expect(run?.mission_id, begins).to.equal(it.id);
      await own.finish(run);
      own.clock.set(new Date(Date.parse(ends) - 1_000));
      expect(await claimAt(customer_id, new Date(ends)), 'before the next hours are known').to.equal(undefined);
      const last = await own.got(customer_id);
      // A run in hand goes on to its end; the next one is held.
      own.clock.set(new Date(ends));
      expect(await own.heartbeat(last)).to.equal(undefined);
      await own.finish(last);
    }
    await own.isHeld(customer_id);
    await own.limit(customer_id, { hours: null }, it.id);
    await own.finish(await own.got(customer_id));
  });

  it('of tokens counts what was used at the very midnight for the day that begins', async () => {
    own.clock.set(new Date('2026-11-01T23:59:59.999Z'));
    const { customer_id } = await own.mission({ max_tokens_per_day: 100 });
    const run = await own.got(customer_id);
    expect(await own.heartbeat(run, used(60, 0))).to.equal(undefined);
    own.clock.set(new Date('2026-11-02T00:00:00Z'));
    expect(await own.heartbeat(run, used(159, 0))).to.equal(undefined);
    expect((await own.heartbeat(run, used(160, 0)))?.code).to.equal('BUDGET_SPENT');
  });
});
