import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { claimRun, finishRun, heartbeatRun, leaseLoss, type Run } from '@missions/contracts/scheduler/runs.ts';
import { changeStop, readStop, type Stop } from '@missions/contracts/scheduler/stop.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { scheduler } from '../service.ts';
import { FakeMissionService } from '../testing/mission-service.ts';
import { openSchedulerDatabase } from '../testing/scratch.ts';
import { setKillSwitch } from './store/kill-switch.ts';

const LONG = { timeoutMs: 30_000 };

describe("the user's own stop", () => {
  let own: TestServers;
  let db: Database;
  let missions: FakeMissionService;
  let running: RunningService;
  before(async () => {
    own = await startServers();
    const database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrl);
    running = await startInProcess(scheduler, { databaseUrl: database.urlFor('scheduler'), natsUrl: own.natsUrl });
    db = await openSchedulerDatabase(database.urlFor('scheduler'), 3);
  });
  after(async () => {
    await running.stop();
    await missions.close();
    await db.close();
    await own.stop();
  });

  type Held = Run & { fence: number };
  const agentOf = (customer_id: string): Caller => ({
    kind: 'agent',
    credential: 'key',
    customer_id,
    user_id: null,
    agent_id: 'robot',
  });
  const claim = async (customer_id: string, wait_seconds = 20): Promise<Held | null> => {
    const input = { wait_seconds, lease_seconds: 120 };
    const reply = await missions.bus.request(claimRun, { caller: agentOf(customer_id), input }, LONG);
    return reply.json<{ run: Held | null }>().run;
  };
  const codeOf = (sent: Promise<unknown>): Promise<unknown[]> =>
    sent.then(
      () => ['done'],
      ({ code, members }: Problem) => [code, members['reason']],
    );
  const userOf = (customer_id: string, user_id = 'ann'): Caller => ({
    kind: 'user',
    credential: 'session',
    customer_id,
    user_id,
    agent_id: null,
  });
  const stop = async (caller: Caller, stopped: boolean): Promise<Stop> =>
    (await missions.bus.request(changeStop, { caller, input: { stopped } }, LONG)).json<Stop>();
  const held = async (customer_id = `customer-${newId()}`, user_id = 'ann') => {
    const mission = missions.create({ customer_id, user_id });
    await missions.change(mission);
    const run = await claim(customer_id);
    if (!run) throw new Error('no run was queued');
    return { mission, run, customer_id };
  };

  it('refuses a lease in hand from then on: heartbeat, finish, and at the mission by the time of the answer', async () => {
    const { mission, run, customer_id } = await held();
    expect((await stop(userOf(customer_id), true)).stopped).to.equal(true);
    expect(mission.fence).to.be.greaterThan(run.fence);
    const caller = agentOf(customer_id);
    const ofRun = { run_id: run.id, fence: run.fence };
    const lost = ['LEASE_LOST', 'stopped'];
    expect(await codeOf(missions.bus.request(heartbeatRun, { caller, input: ofRun }))).to.deep.equal(lost);
    const finish = { ...ofRun, status: 'succeeded' as const };
    expect(await codeOf(missions.bus.request(finishRun, { caller, input: finish }))).to.deep.equal(lost);
    const why = await missions.bus.request(leaseLoss, { caller, input: ofRun });
    expect(why.json()).to.deep.equal({ reason: 'stopped' });
  });

  it('gives no run of the user out until they let agents go on, and then at once', async () => {
    const { mission, customer_id } = await held();
    await stop(userOf(customer_id), true);
    expect(await claim(customer_id, 1)).to.equal(null);
    const waiting = claim(customer_id);
    expect(await stop(userOf(customer_id), false)).to.deep.equal({ stopped: false, since: null });
    expect((await waiting)?.mission_id).to.equal(mission.id);
  });

  it('stops nobody else, and is the same when it is repeated', async () => {
    const { run, customer_id } = await held(undefined, 'bob');
    const first = await stop(userOf(customer_id), true);
    expect(await stop(userOf(customer_id), true)).to.deep.equal(first);
    const input = { run_id: run.id, fence: run.fence };
    expect(await codeOf(missions.bus.request(heartbeatRun, { caller: agentOf(customer_id), input }))).to.deep.equal([
      'done',
    ]);
    const deeds = await db.pool.query('select action, user_id from audit_entries where customer_id = $1', [
      customer_id,
    ]);
    expect(deeds.rows).to.deep.equal([{ action: 'work.stopped', user_id: 'ann' }]);
  });

  it("moves no operator's switch, and no operator moves it", async () => {
    const { run, customer_id } = await held();
    const target = { scope: 'user', customer_id, user_id: 'ann' } as const;
    await setKillSwitch(autocommit(db), target, true);
    await stop(userOf(customer_id), true);
    await stop(userOf(customer_id), false);
    const caller = agentOf(customer_id);
    const input = { run_id: run.id, fence: run.fence };
    expect(await codeOf(missions.bus.request(heartbeatRun, { caller, input }))).to.deep.equal([
      'LEASE_LOST',
      'switched_off',
    ]);
    await stop(userOf(customer_id), true);
    await setKillSwitch(autocommit(db), target, false);
    const read = await missions.bus.request(readStop, { caller: userOf(customer_id), input: {} });
    expect(read.json<Stop>().stopped).to.equal(true);
    expect(await claim(customer_id, 1)).to.equal(null);
  });

  it('ends a held run at the mission later, if the mission service does not answer at once', async () => {
    const { run, customer_id } = await held();
    missions.silent = true;
    await stop(userOf(customer_id), true);
    missions.silent = false;
    await waitUntil(() => missions.settled.some(({ run_id }) => run_id === run.id), { what: 'the settlement' });
  });
});
