import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import type { Caller, RunClaim } from '@missions/contracts/request.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';
import { holdLease } from './hold-lease.ts';

describe('a run’s writes beside its own mission', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const startRun = async (): Promise<{ mission_id: string; run: RunClaim }> => {
    const { id: mission_id } = await service.request<MissionDetail>('create', {
      title: 'Runs',
      can_run_autonomously: true,
    });
    const run_id = newId();
    const { fence } = await service.request<{ fence: number }>('grant_run', {
      mission_id,
      run_id,
      agent_id: null,
      attempt: 1,
      reason: 'created',
    });
    return { mission_id, run: { id: run_id, fence } };
  };
  const settle = (mission_id: string, { id, fence }: RunClaim) =>
    service.request('settle_run', { mission_id, run_id: id, fence, status: 'expired', error: '', pause: false });
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
  const count = async (text: string): Promise<number> =>
    Number((await service.db.pool.query(`select count(*) from ${text}`)).rows[0].count);

  const wait = { title: 'Other', tasks: [{ title: 'hook', wait_for: { kind: 'webhook', reference: 'lease' } }] };
  const writes: Record<string, [verb: string, input: object]> = {
    'a mission': ['create', { title: 'Other' }],
    'a mission that waits at once': ['create', wait],
    'a signal': ['signal', { kind: 'webhook', reference: 'leased' }],
    'a write of another service': ['check_run', {}],
  };
  for (const [name, [verb, input]] of Object.entries(writes)) {
    it(`is accepted under the run’s lease and refused without it: ${name}`, async () => {
      const { mission_id, run } = await startRun();
      const write = (claim: RunClaim, caller: Partial<Caller> = {}, key?: string) =>
        codeOf(service.request(verb, input, { caller, idempotencyKey: key, run: claim }));
      const before = [await count('mission'), await count('signal')];
      expect(await write({ ...run, id: newId() }), 'no run').to.equal('LEASE_LOST');
      expect(await write({ ...run, fence: run.fence + 1 }), 'another fence').to.equal('LEASE_LOST');
      expect(await write(run, { customer_id: 'other' }), 'of another customer').to.equal('LEASE_LOST');
      expect(await write(run, { kind: 'agent', user_id: 'eve' }), 'of another user').to.equal('LEASE_LOST');
      expect([await count('mission'), await count('signal')]).to.deep.equal(before);
      expect(await write(run, {}, `key of ${name}`)).to.equal('done');
      await settle(mission_id, run);
      expect(await write(run), 'its lease is over').to.equal('LEASE_LOST');
      if (verb !== 'check_run')
        expect(await write(run, {}, `key of ${name}`), 'the stored result again').to.equal('done');
    });
  }

  it('holds the lease until it is committed', async () => {
    const { mission_id, run } = await startRun();
    const gate = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const writing = transaction(service.db, async (tx) => {
      await holdLease(tx, { customer_id: 'acme', user_id: null }, run);
      held.resolve();
      await gate.promise;
    });
    await held.promise;
    let settled = false;
    const settling = settle(mission_id, run).then(() => (settled = true));
    await waitUntil(
      async () => (await count("pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")) > 0,
      { what: 'the end of the run to wait' },
    );
    expect(settled).to.equal(false);
    gate.resolve();
    await Promise.all([writing, settling]);
    expect(await codeOf(service.request('check_run', {}, { run }))).to.equal('LEASE_LOST');
  });
});
