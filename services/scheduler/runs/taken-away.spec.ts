import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import {
  claimRun,
  heartbeatRun,
  leaseLoss,
  returnRun,
  type Run,
  withdrawClaim,
} from '@missions/contracts/scheduler/runs.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { scheduler } from '../service.ts';
import { FakeMissionService } from '../testing/mission-service.ts';
import { openSchedulerDatabase } from '../testing/scratch.ts';
import { killScopes, type KillTarget, setKillSwitch } from './store/kill-switch.ts';

const caller: Caller = { kind: 'agent', credential: 'key', customer_id: 'acme', user_id: null, agent_id: 'robot' };
const LONG = { timeoutMs: 30_000 };

describe('runs that are taken away', () => {
  let own: TestServers;
  let database: TestDatabase;
  let db: Database;
  let missions: FakeMissionService;
  let running: RunningService[];

  before(async () => {
    own = await startServers();
    database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrl);
    running = [];
    await startReplica();
    db = await openSchedulerDatabase(database.urlFor('scheduler'), 3);
  });
  after(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await missions.close();
    await db.close();
    await own.stop();
  });

  const startReplica = async (): Promise<void> => {
    const urls = { databaseUrl: database.urlFor('scheduler'), natsUrl: own.natsUrl };
    running.push(await startInProcess(scheduler, urls));
  };
  type GrantedRun = Run & { fence: number };
  const claim = async (customer_id: string, wait_seconds = 20, claim_id?: string): Promise<GrantedRun | null> => {
    const input = { wait_seconds, lease_seconds: 120, ...(claim_id !== undefined && { claim_id }) };
    const reply = await missions.bus.request(claimRun, { caller: { ...caller, customer_id }, input }, LONG);
    return reply.json<{ run: GrantedRun | null }>().run;
  };
  /** A new customer with one mission, whose run is held. */
  const heldRun = async (user_id = 'ann', customer_id = `customer-${newId()}`) => {
    const mission = missions.create({ customer_id, user_id });
    await missions.change(mission);
    const run = await claim(customer_id);
    if (!run) throw new Error('no run was queued');
    return { mission, run };
  };
  const heartbeat = ({ id: run_id, fence, customer_id }: GrantedRun): Promise<Problem | undefined> =>
    missions.bus.request(heartbeatRun, { caller: { ...caller, customer_id }, input: { run_id, fence } }).then(
      () => undefined,
      (error: unknown) => error as Problem,
    );
  const reasonOf = async ({ id: run_id, fence, customer_id }: GrantedRun): Promise<string | undefined> =>
    (await missions.bus.request(leaseLoss, { caller: { ...caller, customer_id }, input: { run_id, fence } })).json<{
      reason?: string;
    }>().reason;
  const set = (target: KillTarget, on: boolean) => setKillSwitch(autocommit(db), target, on);

  for (const scope of killScopes) {
    it(`the kill switch of ${scope} refuses heartbeats at once, and ends the run at the mission`, async () => {
      const { mission, run } = await heldRun();
      const { customer_id, user_id } = mission;
      const target = { scope, customer_id, user_id, mission_id: mission.id } as KillTarget;
      expect(await heartbeat(run)).to.equal(undefined);
      await set(target, true);
      try {
        const refused = await heartbeat(run);
        expect([refused?.code, refused?.members['reason']]).to.deep.equal(['LEASE_LOST', 'switched_off']);
        await waitUntil(() => missions.settled.some(({ run_id }) => run_id === run.id), {
          what: 'the mission to know',
        });
        expect(mission.fence).to.be.greaterThan(run.fence);
      } finally {
        await set(target, false);
      }
      const next = await claim(customer_id);
      expect(next?.mission_id).to.equal(mission.id);
      const late = await heartbeat(run);
      expect([late?.code, late?.members['reason']]).to.deep.equal(['LEASE_LOST', 'switched_off']);
    });
  }

  it('the customer a with the user b/c, and the customer a/b with the user c, have switches of their own', async () => {
    const { run: one } = await heldRun('b/c', 'a');
    const { run: two } = await heldRun('c', 'a/b');
    const target = { scope: 'user', customer_id: 'a', user_id: 'b/c' } as const;
    await set(target, true);
    expect((await heartbeat(one))?.members['reason']).to.equal('switched_off');
    expect(await heartbeat(two)).to.equal(undefined);
    expect(await set({ scope: 'user', customer_id: 'a/b', user_id: 'c' }, true)).to.equal(true);
    expect(await set(target, false)).to.equal(true);
    expect((await heartbeat(two))?.members['reason']).to.equal('switched_off');
    expect(await set({ scope: 'user', customer_id: 'a/b', user_id: 'c' }, false)).to.equal(true);
  });

  it('a switch that an older version has stored stops everybody whom it may mean, until it is off', async () => {
    const { run } = await heldRun('y/z', 'x');
    await db.pool.query("insert into kill_switch (scope, id) values ('user', 'x/y/z')");
    expect((await heartbeat(run))?.members['reason']).to.equal('switched_off');
    expect(await set({ scope: 'user', customer_id: 'x', user_id: 'y/z' }, false)).to.equal(true);
    expect((await db.pool.query("select 1 from kill_switch where id = 'x/y/z'")).rows).to.have.length(0);
  });

  it('a run that a switch stops is settled when the mission service is back', async () => {
    const { mission, run } = await heldRun();
    const { customer_id } = mission;
    missions.silent = true;
    await set({ scope: 'customer', customer_id }, true);
    await waitUntil(() => missions.unanswered > 0, { what: 'a settlement without an answer' });
    missions.silent = false;
    await waitUntil(() => missions.settled.some(({ run_id }) => run_id === run.id), { what: 'the settlement' });
    await waitUntil(
      async () => (await db.pool.query('select 1 from run where id = $1 and lost is not null', [run.id])).rows[0],
      {
        what: 'the end of the run',
      },
    );
    await set({ scope: 'customer', customer_id }, false);
  });

  it('a lost lease says why: the mission was paused, it ended, or another agent holds it', async () => {
    const paused = await heldRun();
    await missions.change(paused.mission, { status: 'paused', fence: paused.mission.fence + 1 });
    await waitUntil(async () => (await reasonOf(paused.run)) === 'paused', { what: 'the pause' });
    expect((await heartbeat(paused.run))?.members['reason']).to.equal('paused');
    const ended = await heldRun();
    await missions.change(ended.mission, { status: 'completed', fence: ended.mission.fence + 1 });
    await waitUntil(async () => (await reasonOf(ended.run)) === 'ended', { what: 'the end' });
    const expired = await heldRun();
    await db.pool.query("update run set lease_expires_at = now() - interval '1 second' where id = $1", [
      expired.run.id,
    ]);
    expect((await heartbeat(expired.run))?.members['reason']).to.equal('expired');
    expect((await claim(expired.run.customer_id))?.mission_id).to.equal(expired.mission.id);
    expect((await heartbeat(expired.run))?.members['reason']).to.equal('taken_over');
    expect(await reasonOf({ ...expired.run, customer_id: 'other' }), 'for another customer').to.equal(undefined);
  });

  it('a claim that is withdrawn takes no run, at whichever replica it waits', async () => {
    if (running.length === 1) await startReplica();
    const customer_id = `customer-${newId()}`;
    const ids = [newId(), newId(), newId(), newId()];
    const waiting = ids.map((id) => claim(customer_id, 20, id));
    let answered = false;
    void Promise.all(waiting).then(() => (answered = true));
    await waitUntil(
      async () => {
        for (const claim_id of ids) await missions.bus.request(withdrawClaim, { caller, input: { claim_id } });
        return answered;
      },
      { what: 'the claims to end' },
    );
    expect(await Promise.all(waiting)).to.deep.equal([null, null, null, null]);
    await missions.change(missions.create({ customer_id }));
    expect((await claim(customer_id))?.status).to.equal('claimed');
  });

  it('a run that is returned is claimed again at once, under a higher fence and with the same attempt', async () => {
    const { run } = await heldRun();
    const { customer_id } = run;
    const input = { run_id: run.id, fence: run.fence };
    const waiting = claim(customer_id);
    await missions.bus.request(returnRun, { caller: { ...caller, customer_id }, input });
    const again = await waiting;
    expect([again?.id, again?.attempt]).to.deep.equal([run.id, 1]);
    expect(again?.fence).to.be.greaterThan(run.fence);
    expect((await heartbeat(run))?.members['reason']).to.equal('taken_over');
    // It is late, or comes twice.
    await missions.bus.request(returnRun, { caller: { ...caller, customer_id }, input });
    expect(await heartbeat(again as GrantedRun)).to.equal(undefined);
  });
});
