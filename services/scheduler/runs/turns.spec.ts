import { expect } from 'chai';
import fc from 'fast-check';
import { type Priority, priorities } from '@missions/contracts/mission/vocabulary.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';
import { scratchDatabase } from '../testing/scratch.ts';
import { type ModelRun, TurnModel } from '../testing/turns.ts';
import {
  claimQueuedRun,
  confirmRun,
  customerWithQueuedRun,
  requeueGrantedRun,
  type UngrantedClaim,
} from './store/claims.ts';
import { dispatchRuns } from './store/dispatch.ts';
import { setKillSwitch } from './store/kill-switch.ts';
import { endRun } from './store/leases.ts';
import { lockWatchedMissions, prioritiseRuns, saveWatchedMissions } from './store/watched-missions.ts';

const HISTORIES = repetitions(8, 100);
const noon = Date.parse('2026-06-01T12:00:00Z');
const MINUTE = 60_000;
const FENCE = 1;

/** The scheduler's tables and the model beside them, at a time that the spec moves. */
class Turns {
  readonly model = new TurnModel();
  readonly claims = new Map<string, UngrantedClaim>();
  now = noon;
  readonly db: Database;
  readonly places: number;
  constructor(db: Database, places: number) {
    this.db = db;
    this.places = places;
  }

  get at(): Date {
    return new Date(this.now);
  }

  async queue(customer_id: string, user_id: string, priority: Priority = 'normal'): Promise<string> {
    const mission_id = newId();
    const address = { mission_id, customer_id, user_id };
    await transaction(this.db, async (tx) => {
      const mission = (await lockWatchedMissions(tx, [address])).get(mission_id)!;
      await saveWatchedMissions(tx, [{ ...mission, version: 1, priority, next_run_at: this.at.toISOString() }]);
    });
    this.model.runs.push({ ...address, priority, requested_at: this.now, state: 'due', turn: null });
    await this.dispatch();
    return mission_id;
  }

  async dispatch(): Promise<void> {
    await dispatchRuns(autocommit(this.db), this.at);
    this.model.dispatch(this.now);
  }

  async prioritise(run: ModelRun, priority: Priority): Promise<void> {
    run.priority = priority;
    await transaction(this.db, async (tx) => {
      const mission = { ...(await lockWatchedMissions(tx, [run])).get(run.mission_id)!, priority };
      await saveWatchedMissions(tx, [mission]);
      await prioritiseRuns(tx, [mission]);
    });
  }

  /** Answers the mission whose run was given out. */
  async claim(customer_id: string, user_id: string | null = null): Promise<string | undefined> {
    const request = { customer_id, user_id, agent_id: null, lease_seconds: 1e6, limit: this.places };
    const claim = await claimQueuedRun(this.db, request, this.at);
    if (!claim) return undefined;
    await confirmRun(autocommit(this.db), claim, FENCE, { version: 1 }, this.at);
    this.claims.set(claim.run.mission_id, claim);
    return claim.run.mission_id;
  }

  async end(run: ModelRun): Promise<void> {
    const claimed = this.claims.get(run.mission_id)!.run;
    const at = this.at.toISOString();
    await transaction(this.db, (tx) =>
      endRun(tx, {
        run: claimed,
        status: 'succeeded',
        error: '',
        at,
        virtualNow: this.at,
        outcomeOf: () => ({ as: 'succeeded', changed: true, goes_on: false, version: 2 }),
      }),
    );
    run.state = 'over';
  }

  async giveBack(run: ModelRun): Promise<void> {
    await requeueGrantedRun(autocommit(this.db), this.claims.get(run.mission_id)!.run.id, FENCE, false);
    Object.assign(run, { state: 'queued', turn: null });
  }

  async switchOff({ customer_id, user_id }: ModelRun, on: boolean): Promise<void> {
    await setKillSwitch(autocommit(this.db), { scope: 'user', customer_id, user_id }, on);
    const name = `${customer_id}/${user_id}`;
    if (on) this.model.killedUsers.add(name);
    else this.model.killedUsers.delete(name);
  }
}

describe('whose turn it is', () => {
  let db: Database;
  before(async () => (db = await scratchDatabase()));
  after(() => db.close());
  beforeEach(() => db.pool.query('truncate run, watched_mission, kill_switch, outbox'));
  const all = async (turns: Turns, customer: string, count: number): Promise<(string | undefined)[]> => {
    const missions = [];
    for (let i = 0; i < count; i++) missions.push(await turns.claim(customer));
    return missions;
  };

  it('the users of a customer get runs in turn, however many runs one of them has queued first', async () => {
    const turns = new Turns(db, 100);
    const busy = [];
    for (let i = 0; i < 4; i++) busy.push(await turns.queue('acme', 'ada'));
    turns.now += MINUTE;
    const [bob, cleo, other] = [
      await turns.queue('acme', 'bob'),
      await turns.queue('acme', 'cleo'),
      await turns.queue('acme', 'bob'),
    ];
    const given = await all(turns, 'acme', 7);
    const expected = [busy[0], bob, cleo, busy[1], other, busy[2], busy[3]];
    expect(given).to.deep.equal(expected);
  });

  it('a user’s runs go out by the priority of their missions, also where it was changed, and then by age', async () => {
    const turns = new Turns(db, 100);
    const [low, normal] = [await turns.queue('acme', 'ada', 'low'), await turns.queue('acme', 'ada')];
    turns.now += MINUTE;
    const [second, urgent, raised] = [
      await turns.queue('acme', 'ada'),
      await turns.queue('acme', 'ada', 'urgent'),
      await turns.queue('acme', 'ada', 'low'),
    ];
    await turns.prioritise(turns.model.runs.at(-1)!, 'high');
    expect(await all(turns, 'acme', 5)).to.deep.equal([urgent, raised, normal, second, low]);
  });

  it('each hour of waiting raises the priority by one step, so that no run waits for ever', async () => {
    const turns = new Turns(db, 100);
    const low = await turns.queue('acme', 'ada', 'low');
    turns.now += 59 * MINUTE;
    const normal = await turns.queue('acme', 'ada');
    expect(await turns.claim('acme')).to.equal(normal);
    turns.now += MINUTE;
    await turns.queue('acme', 'ada');
    expect(await turns.claim('acme')).to.equal(low);
    const other = await turns.queue('acme', 'ada', 'low');
    turns.now += 180 * MINUTE;
    await turns.queue('acme', 'ada', 'urgent');
    turns.now += 240 * MINUTE;
    await turns.claim('acme');
    expect(await turns.claim('acme')).to.equal(other);
  });

  it('the customers get pushed runs in turn', async () => {
    const turns = new Turns(db, 100);
    for (let i = 0; i < 3; i++) await turns.queue('busy', 'ada');
    turns.now += MINUTE;
    await turns.queue('acme', 'ada');
    await turns.queue('acme', 'ada');
    const customers = [];
    for (let i = 0; i < 5; i++) {
      const customer = await customerWithQueuedRun(autocommit(db), []);
      customers.push(customer);
      await turns.claim(customer ?? '');
    }
    expect(customers).to.deep.equal(['busy', 'acme', 'busy', 'acme', 'busy']);
  });

  it('a user who never got the run keeps the turn', async () => {
    const turns = new Turns(db, 100);
    const first = await turns.queue('acme', 'ada');
    turns.now += MINUTE;
    const second = await turns.queue('acme', 'bob');
    expect(await turns.claim('acme')).to.equal(first);
    await turns.giveBack(turns.model.runs[0]!);
    expect([await turns.claim('acme'), await turns.claim('acme')]).to.deep.equal([first, second]);
  });

  const customer = fc.nat({ max: 39 });
  const user = fc.nat({ max: 4 });
  const pick = fc.nat();
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('queue' as const),
        customer,
        user,
        priority: fc.constantFrom(...priorities),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('claim' as const), pick, own: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'give back' as const), pick }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('prioritise' as const), pick, priority: fc.constantFrom(...priorities) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('switch' as const), pick, on: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.nat({ max: 100 }) }) },
  );

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  it(`the scheduler gives out runs as the model does, in ${HISTORIES} random histories of 40 customers with 5 users each`, async function () {
    this.timeout(HISTORIES * 15_000);
    const history = fc.array(step, { minLength: 60, maxLength: 120, size: 'max' });
    // Few customers bear most of a short history, so that they have several runs of several users.
    const crowd = fc.constantFrom(2, 5, 40);
    await fc.assert(
      fc.asyncProperty(history, crowd, async (steps, customers) => {
        await db.pool.query('truncate run, watched_mission, kill_switch, outbox');
        const turns = new Turns(db, 4);
        for (const one of steps) await follow(turns, one, customers);
      }),
      { numRuns: HISTORIES },
    );
  });

  async function follow(turns: Turns, one: Step, customers: number): Promise<void> {
    const { model } = turns;
    const chosen = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(from.length, 1)];
    switch (one.do) {
      case 'queue':
        await turns.queue(`c${one.customer % customers}`, `u${one.user}`, one.priority);
        return;
      case 'push': {
        const full = [...new Set(model.runs.map(({ customer_id }) => customer_id))].filter(
          (id) => model.held(id).length >= turns.places,
        );
        const expected = model.nextCustomer(full);
        expect(await customerWithQueuedRun(autocommit(db), full)).to.equal(expected);
        if (expected !== undefined) await claimBoth(turns, expected, null);
        return;
      }
      case 'claim': {
        const run = chosen(model.runs, one.pick);
        if (run) await claimBoth(turns, run.customer_id, one.own ? run.user_id : null);
        return;
      }
      case 'wait':
        turns.now += one.minutes * MINUTE;
        return;
      case 'prioritise': {
        const run = chosen(model.queued(), one.pick);
        if (run) await turns.prioritise(run, one.priority);
        return;
      }
      case 'switch': {
        const run = chosen(model.runs, one.pick);
        if (run) await turns.switchOff(run, one.on);
        return;
      }
      case 'end':
      case 'give back': {
        const run = chosen(
          model.runs.filter(({ state }) => state === 'held'),
          one.pick,
        );
        if (run) await (one.do === 'end' ? turns.end(run) : turns.giveBack(run));
        return;
      }
      default:
        one satisfies never;
    }
  }

  async function claimBoth(turns: Turns, customer_id: string, user_id: string | null): Promise<void> {
    const expected = turns.model.next(customer_id, user_id, turns.places, turns.now);
    expect(await turns.claim(customer_id, user_id)).to.equal(expected?.mission_id);
    if (expected) turns.model.take(expected);
  }
});
