import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { claimRun, finishRun, heartbeatRun, type Run, withdrawClaim } from '@missions/contracts/scheduler/runs.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { scheduler } from '../service.ts';
import { type FakeMission, FakeMissionService } from '../testing/mission-service.ts';
import { openSchedulerDatabase } from '../testing/scratch.ts';
import { setKillSwitch } from './store/kill-switch.ts';

const caller: Caller = { kind: 'agent', credential: 'key', customer_id: 'acme', user_id: null, agent_id: 'robot' };
const LONGEST_WAIT = 60;
/** Far below the longest wait: a claim that is answered by then was woken. */
type Held = Run & { fence: number };

describe('who waits for a run is woken', () => {
  let own: TestServers;
  let database: TestDatabase;
  let db: Database;
  let missions: FakeMissionService;
  let running: RunningService[];

  before(async () => {
    own = await startServers();
    database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrl);
    running = [await start(), await start()];
    db = await openSchedulerDatabase(database.urlFor('scheduler'), 3);
  });
  after(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await missions.close();
    await db.close();
    await own.stop();
  });

  const start = (): Promise<RunningService> =>
    startInProcess(scheduler, {
      databaseUrl: database.urlFor('scheduler'),
      natsUrl: own.natsUrl,
      env: { RUNS_PER_CUSTOMER: '1' },
    });
  const newCustomer = (): string => `customer-${newId()}`;
  const claim = async (customer_id: string, wait_seconds = 20, claim_id?: string): Promise<Held | null> => {
    const input = { wait_seconds, lease_seconds: 120, ...(claim_id !== undefined && { claim_id }) };
    const reply = await missions.bus.request(
      claimRun,
      { caller: { ...caller, customer_id }, input },
      { timeoutMs: 70_000 },
    );
    return reply.json<{ run: Held | null }>().run;
  };
  const held = async (customer_id: string): Promise<Held> => {
    const run = await claim(customer_id);
    if (!run) throw new Error('no run was queued');
    return run;
  };
  const finish = ({ id: run_id, fence, customer_id }: Held, more: object = {}) =>
    missions.bus.request(finishRun, {
      caller: { ...caller, customer_id },
      input: { run_id, fence, status: 'succeeded', ...more },
    });
  const orders = async ({ id: run_id, fence, customer_id }: Held): Promise<string[]> => {
    const request = { caller: { ...caller, customer_id }, input: { run_id, fence } };
    return (await missions.bus.request(heartbeatRun, request)).json<{ orders: string[] }>().orders;
  };
  const projected = ({ id, version }: FakeMission) =>
    waitUntil(
      async () =>
        (await db.pool.query('select 1 from watched_mission where mission_id = $1 and version = $2', [id, version]))
          .rows.length === 1,
      { what: 'the projection' },
    );
  const isQueued = async ({ id }: FakeMission): Promise<boolean> =>
    (await db.pool.query(`select 1 from run where mission_id = $1 and status = 'queued'`, [id])).rows.length === 1;

  const ways: Record<string, (first: FakeMission) => Promise<unknown>> = {
    'its mission is paused': (first) => missions.change(first, { status: 'paused', fence: first.fence + 1 }),
    'its mission is cancelled': (first) => missions.change(first, { status: 'cancelled', fence: first.fence + 1 }),
    'a kill switch stops it': ({ id }) => setKillSwitch(autocommit(db), { scope: 'mission', mission_id: id }, true),
    'its lease ends': ({ id }) =>
      db.pool.query(
        "update run set lease_expires_at = now() - interval '1 ms' where mission_id = $1 and lease_expires_at is not null",
        [id],
      ),
  };
  for (const [what, free] of Object.entries(ways)) {
    it(`at every replica, as soon as a run leaves its place because ${what}`, async () => {
      const customer_id = newCustomer();
      const first = missions.create({ customer_id });
      await missions.change(first);
      await held(customer_id);
      const second = missions.create({ customer_id });
      await missions.change(second);
      await waitUntil(() => isQueued(second), { what: 'the second run' });
      // More claims than one replica gets: each finds the place taken, and waits.
      const ids = [newId(), newId(), newId(), newId()];
      const found: string[] = [];
      const waiting = ids.map(async (id) => {
        const run = await claim(customer_id, LONGEST_WAIT, id);
        if (run) found.push(run.mission_id);
      });
      await free(first);
      await waitUntil(() => found.length > 0, { what: 'the run in the free place' });
      for (const claim_id of ids) await missions.bus.request(withdrawClaim, { caller, input: { claim_id } });
      await Promise.all(waiting);
      expect(found).to.have.length(1);
    });
  }

  it('at once by what the mission waited for, though another task could be worked on all the time', async () => {
    const customer_id = newCustomer();
    const mission = missions.create({ customer_id, tasks: { waiting_human: 1, in_progress: 1 } });
    await missions.change(mission);
    await finish(await held(customer_id));
    for (const by of ['answer', 'signal', 'timeout', 'unreachable']) {
      const waiting = claim(customer_id, LONGEST_WAIT);
      await missions.change(mission, {}, { event_type: 'unblocked', metadata: { resolution: { by } } });
      const run = await soon(waiting, by);
      expect([run.mission_id, run.reason], by).to.deep.equal([mission.id, 'unblocked']);
      await finish(run);
    }
  });

  it('at once by a message of its user, and when the run ends if it came during the run', async () => {
    const customer_id = newCustomer();
    const mission = missions.create({ customer_id });
    await missions.change(mission);
    const run = await held(customer_id);
    const waiting = claim(customer_id, LONGEST_WAIT);
    await missions.change(mission, {}, { event_type: 'user_message' });
    await finish(run);
    expect((await soon(waiting, 'a message')).mission_id).to.equal(mission.id);
  });

  it('at once when a run asks for another turn, which a failed run cannot', async () => {
    const customer_id = newCustomer();
    await missions.change(missions.create({ customer_id }));
    let run = await held(customer_id);
    const refused = await finish(run, { status: 'failed', again: true }).catch((error: unknown) => error as Problem);
    expect(refused).to.be.instanceOf(Problem).and.to.include({ code: 'VALIDATION_FAILED' });
    for (let turn = 0; turn < 3; turn++) {
      const waiting = claim(customer_id, LONGEST_WAIT);
      await finish(run, { again: true });
      run = await soon(waiting, `turn ${turn}`);
    }
    expect(run.attempt).to.equal(1);
  });

  it('at once when a run asks for another turn and only its event tells of its end', async () => {
    const customer_id = newCustomer();
    const mission = missions.create({ customer_id });
    await missions.change(mission);
    const run = await held(customer_id);
    const waiting = claim(customer_id, LONGEST_WAIT);
    const settlement = { mission_id: mission.id, run_id: run.id, fence: run.fence, error: '', pause: false };
    await missions.settle({ ...settlement, status: 'succeeded', again: true });
    expect((await soon(waiting, 'the next turn')).id).not.to.equal(run.id);
  });

  it('at once when a run has ended a task and leaves one that can be started, and not when it has done nothing', async () => {
    const customer_id = newCustomer();
    const mission = missions.create({ customer_id, tasks: { ready: 1, pending: 1 } });
    await missions.change(mission);
    const run = await held(customer_id);
    const waiting = claim(customer_id, LONGEST_WAIT);
    await missions.changeByRun(mission, { tasks: { completed: 1, ready: 1 } });
    await finish(run);
    const next = await soon(waiting, 'the run for the ready task');
    expect(next.mission_id).to.equal(mission.id);
    await finish(next);
    const other = missions.create({ customer_id });
    await missions.change(other);
    expect((await held(customer_id)).mission_id, 'the first that is due').to.equal(other.id);
  });

  it('at its next heartbeat, once, while it holds the run: what it waited for has come, and its user has written', async () => {
    const customer_id = newCustomer();
    const mission = missions.create({ customer_id });
    await missions.change(mission, {}, { event_type: 'user_message' });
    const run = await held(customer_id);
    expect(await orders(run)).to.deep.equal([]);
    await missions.change(mission, {}, { event_type: 'user_message' });
    await projected(mission);
    await missions.change(mission, {}, { event_type: 'unblocked', metadata: { resolution: { by: 'answer' } } });
    await projected(mission);
    expect(await orders(run)).to.deep.equal(['answered', 'message']);
    expect(await orders(run)).to.deep.equal([]);
    await missions.changeByRun(mission, { status: 'paused' });
    await projected(mission);
    expect(await orders(run)).to.deep.equal(['paused']);
    await missions.changeByRun(mission, { status: 'active' });
    await finish(run);
  });

  it('not by a mission that waits for its user as a whole', async () => {
    const customer_id = newCustomer();
    const asking = missions.create({ customer_id, waits_for_user: true });
    await missions.change(asking);
    await missions.change(asking, {}, { event_type: 'user_message' });
    const other = missions.create({ customer_id });
    await missions.change(other);
    await waitUntil(() => isQueued(other), { what: 'the other run' });
    expect(await isQueued(asking)).to.equal(false);
    await finish(await held(customer_id));
    const waiting = claim(customer_id, LONGEST_WAIT);
    await missions.change(
      asking,
      { waits_for_user: false },
      { event_type: 'input_responded', metadata: { resolution: { by: 'answer' } } },
    );
    expect((await soon(waiting, 'the answer')).mission_id).to.equal(asking.id);
  });

  it('as soon as the mission of a held run is erased', async () => {
    await running.pop()?.stop();
    const customer_id = newCustomer();
    const first = missions.create({ customer_id });
    await missions.change(first);
    await held(customer_id);
    const second = missions.create({ customer_id });
    await missions.change(second);
    await waitUntil(() => isQueued(second), { what: 'the second run' });
    const waiting = claim(customer_id, LONGEST_WAIT);
    await missions.erase(first);
    expect((await soon(waiting, 'the erasure')).mission_id).to.equal(second.id);
  });

  it('as soon as the kill switch that held back its run is lifted', async () => {
    const customer_id = newCustomer();
    const mission = missions.create({ customer_id });
    const target = { scope: 'mission', mission_id: mission.id } as const;
    await missions.change(mission);
    await waitUntil(() => isQueued(mission), { what: 'the run' });
    await setKillSwitch(autocommit(db), target, true);
    const waiting = claim(customer_id, LONGEST_WAIT);
    // Switches are looked at in turns: the one that ends the second run has begun after the switch was set.
    for (let turn = 0; turn < 2; turn++) await endByKillSwitch();
    await setKillSwitch(autocommit(db), target, false);
    expect((await soon(waiting, 'the lifted switch')).mission_id).to.equal(mission.id);
  });

  async function endByKillSwitch(): Promise<void> {
    const customer_id = newCustomer();
    const mission = missions.create({ customer_id });
    await missions.change(mission);
    const { id } = await held(customer_id);
    await setKillSwitch(autocommit(db), { scope: 'mission', mission_id: mission.id }, true);
    await waitUntil(
      async () =>
        (await db.pool.query('select from run where id = $1 and finished_at is not null', [id])).rows.length === 1,
      {
        what: 'the end of the run',
      },
    );
  }

  async function soon(waiting: Promise<Held | null>, what: string): Promise<Held> {
    let run: Held | null = null;
    void waiting.then((answer) => (run = answer));
    return await waitUntil(() => run ?? undefined, { what: `a run by ${what}` });
  }
});
