import { expect } from 'chai';
import { noteZone, readUsage, type UsedDay } from '@missions/contracts/scheduler/limits.ts';
import { budgetChanged } from '@missions/contracts/scheduler/run-events.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { BudgetedScheduler, used, userOf } from '../testing/budgeted.ts';
import type { FakeMission } from '../testing/mission-service.ts';

const MIDNIGHT = '2026-03-28T00:00:00.000Z';
const NEXT = '2026-03-29T00:00:00.000Z';

describe('what is told of budgets', () => {
  let own: BudgetedScheduler;
  before(async () => {
    own = await BudgetedScheduler.start('2026-03-27T12:00:00Z');
  });
  after(() => own.stop());

  describe('a mission whose run waits for a spent budget', () => {
    const limit = ({ customer_id }: FakeMission, max_runs_per_day: number | null) =>
      own.limit(customer_id, { max_runs_per_day });
    const claim = ({ customer_id }: FakeMission) => own.claim(customer_id);
    const waiting = async (): Promise<FakeMission> => {
      const customer_id = `customer-${newId()}`;
      await own.limit(customer_id, { max_runs_per_day: 0 });
      return (await own.mission({}, customer_id)).mission;
    };
    /** What the mission service was told: each revision, and until when the budget is spent. */
    const told = async ({ id }: FakeMission): Promise<[number, string | null][]> =>
      (
        await own.db.pool.query<{ data: { revision: number; until: string | null } }>(
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

    it('is told of when a limit is lowered to what is used, or the day of its user moves, although no agent claims', async () => {
      const { mission } = await own.mission();
      const queued = 'select 1 from run where mission_id = $1 and lease_expires_at is null';
      await waitUntil(async () => (await own.db.pool.query(queued, [mission.id])).rows[0], { what: 'a queued run' });
      await limit(mission, 5);
      expect(await told(mission)).to.deep.equal([]);
      await limit(mission, 0);
      await isTold(mission, 1);
      await own.missions.bus.request(noteZone, {
        caller: userOf(mission.customer_id),
        input: { time_zone: 'Asia/Tokyo' },
      });
      await isTold(mission, 2);
      expect(await told(mission)).to.deep.equal([
        [1, MIDNIGHT],
        [2, '2026-03-27T15:00:00.000Z'],
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
      own.clock.set(new Date(MIDNIGHT));
      await isTold(without, 2);
      expect(await told(without)).to.deep.equal([
        [1, MIDNIGHT],
        [2, NEXT],
      ]);
    });
  });

  describe('what runs have used', () => {
    it('keeps the currencies of one run apart, each a total that counts once however many report it at the same time', async () => {
      const { customer_id } = await own.mission({ max_cost_per_day: { amount: '10', currency: 'EUR' } });
      const run = await own.got(customer_id);
      const report = (amount: string, currency: string) => own.heartbeat(run, used(0, 0, amount, currency));
      for (const [amount, currency] of [
        ['5', 'EUR'],
        ['150', 'JPY'],
        ['6.50', 'EUR'],
        ['100', 'JPY'],
        ['9', 'USD'],
      ] as const)
        expect(await report(amount, currency), `${amount} ${currency}`).to.equal(undefined);
      await Promise.all(Array.from({ length: 20 }, () => report('9.99', 'EUR')));
      expect((await own.usageOf(run))?.costs).to.deep.equal([
        { amount: '9.99', currency: 'EUR' },
        { amount: '150', currency: 'JPY' },
        { amount: '9', currency: 'USD' },
      ]);
      expect((await report('10', 'EUR'))?.code).to.equal('BUDGET_SPENT');
    });

    it('is told of in days of the user’s zone, with what each run has used', async () => {
      const { customer_id } = await own.mission();
      const usedDays = async (days: number): Promise<UsedDay[]> =>
        (await own.missions.bus.request(readUsage, { caller: userOf(customer_id), input: { days } })).json<{
          days: UsedDay[];
        }>().days;
      const today = (await usedDays(1))[0]?.date ?? '';
      const none = { runs: 0, input_tokens: 0, output_tokens: 0, costs: [] };
      expect(await usedDays(2)).to.deep.include({ date: today, ...none });
      const run = await own.got(customer_id);
      await own.heartbeat(run, used(7, 2, '0.25'));
      await own.finish(run, used(9, 4, '1.50'));
      const costs = [{ amount: '1.50', currency: 'EUR' }];
      expect(await own.usageOf(run)).to.deep.equal({ input_tokens: 9, output_tokens: 4, costs });
      const [now, before] = await usedDays(2);
      expect(now).to.deep.equal({ date: today, runs: 1, input_tokens: 9, output_tokens: 4, costs });
      expect(before).to.deep.include(none);
      // Kiritimati is 14 hours ahead of UTC: the same moment is of another day there, or of the same one.
      await own.missions.bus.request(noteZone, {
        caller: userOf(customer_id),
        input: { time_zone: 'Pacific/Kiritimati' },
      });
      const there = new Intl.DateTimeFormat('sv', { timeZone: 'Pacific/Kiritimati' }).format(own.clock.now());
      expect((await usedDays(1))[0]).to.deep.equal({ date: there, runs: 1, input_tokens: 9, output_tokens: 4, costs });
      expect(await usedDays(35)).to.have.length(35);
    });
  });
});
