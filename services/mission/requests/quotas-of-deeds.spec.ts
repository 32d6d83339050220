import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import type { Quotas } from '@missions/contracts/quotas.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import { measureMissions, changeQuotas } from '../store/quotas.ts';
import { useOfCustomer } from '../store/inspect-customers.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('quotas of questions, mail and storage', () => {
  let service: MissionUnderTest;
  let customer_id = '';
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());
  beforeEach(function () {
    customer_id = this.currentTest?.title.slice(0, 50) ?? '';
  });

  const call = <T = MissionDetail>(
    verb: string,
    input: object,
    user_id = 'ada',
    kind: 'service' | 'user' = 'service',
  ) => service.request<T>(verb, input, { caller: { customer_id, user_id, kind } });
  const create = (user = 'ada', input: object = {}) => call('create', { title: 'Meeting', ...input }, user);
  const setQuotas = (changes: Partial<Quotas>) =>
    transaction(service.db, (tx) => changeQuotas(tx, customer_id, changes));
  const use = () => useOfCustomer(autocommit(service.db), customer_id);
  const stored = async () => {
    const { rows } = await service.db.pool.query(
      `select storage_used::float8 as counted, (select sum(bytes)::float8 from mission m where m.customer_id = q.customer_id) as summed
         from customer_quota q where customer_id = $1`,
      [customer_id],
    );
    return rows[0];
  };
  const ask = ({ id, user_id }: MissionDetail) =>
    call<{ id: string }>('ask', { mission_id: id, question: { prompt: 'Which day?' } }, user_id);
  /** Again where a busy machine had no connection in time: that is no refusal. */
  const insist = async (attempt: () => Promise<unknown>): Promise<unknown> => {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (databaseProblem(error)?.code !== 'UNAVAILABLE') throw error;
      }
    }
  };
  const outcomes = (results: readonly PromiseSettledResult<unknown>[]) => {
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(new Set(refused)).to.deep.equal(new Set(['QUOTA_EXCEEDED']));
    return results.length - refused.length;
  };

  it('of 200 questions at once exactly as many are asked as the quota leaves, whosever they are', async () => {
    const missions = await Promise.all(Array.from({ length: 20 }, (_, n) => create(`user-${n % 7}`)));
    await ask(missions[0] as MissionDetail);
    await setQuotas({ questions: 24 });
    const asks = Array.from({ length: 200 }, (_, n) => insist(() => ask(missions[n % 20] as MissionDetail)));
    expect(outcomes(await Promise.allSettled(asks))).to.equal(23);
    expect((await use()).questions).to.equal(24);
    const { detail, members } = await refusal(ask(missions[1] as MissionDetail));
    expect(members).to.deep.equal({ quota: 'questions', limit: 24, used: 24 });
    expect(detail).to.match(/withdraw/);
  });

  it('a question that is withdrawn leaves room for another', async () => {
    const mission = await create();
    await setQuotas({ questions: 1 });
    const asked = await ask(mission);
    expect((await refusal(ask(mission))).code).to.equal('QUOTA_EXCEEDED');
    const [open] = (await call('get', { mission_id: mission.id })).input_requests ?? [];
    await call('withdraw', { mission_id: mission.id, request_id: open?.id ?? asked.id, reason: 'not needed' });
    await ask(mission);
  });

  it('the own number of a customer takes the place of that for all, be it lower or higher', async () => {
    const mission = await create();
    const send = (count: number) => {
      const to = Array.from({ length: count }, (_, n) => `r${n}@example.com`);
      return call('email', { mission_id: mission.id, email: { to, subject: 'Q1', body: 'When?' } });
    };
    await setQuotas({ mail: 90 });
    await send(60);
    const { code, members } = await refusal(send(31));
    expect([code, members['quota'], members['limit'], members['used']]).to.deep.equal([
      'QUOTA_EXCEEDED',
      'mail',
      90,
      60,
    ]);
    expect(members['resets_at']).to.match(/T00:00:00/);
    const sends = await Promise.allSettled(Array.from({ length: 200 }, () => insist(() => send(1))));
    expect(outcomes(sends)).to.equal(30);
    expect((await use()).mail).to.equal(90);
    await setQuotas({ mail: 5_000 });
    for (let n = 0; n < 2; n++) await send(50);
    // Of the user's own limit nothing changes.
    expect((await refusal(send(11))).code).to.equal('RATE_LIMITED');
  });

  it('a full store refuses what agents add, and takes what ends, answers and shortens, and what people do', async () => {
    const mission = await create('ada', {
      description: 'x'.repeat(5_000),
      tasks: [{ title: 'one' }, { title: 'two' }],
    });
    const task = mission.tasks[0]?.id;
    const about = { mission_id: mission.id };
    await setQuotas({ storage: 1_000 });
    const additions: [string, object][] = [
      ['create', { title: 'Another' }],
      ['add_task', { ...about, task: { title: 'three' } }],
      ['log_event', { ...about, event: { event_type: 'note', title: 'Noted' } }],
      ['patch', { ...about, patch: { metadata: { more: 1 } } }],
      ['ask', { ...about, question: { prompt: 'Which day?' } }],
      ['patch_task', { ...about, task_id: task, patch: { status: 'completed', result: { text: 'y'.repeat(30_000) } } }],
    ];
    for (const [verb, input] of additions) {
      const { code, members } = await refusal(call(verb, input));
      expect([verb, code, members['quota']]).to.deep.equal([verb, 'QUOTA_EXCEEDED', 'storage']);
    }
    await call('log_event', { ...about, event: { event_type: 'user_message', title: 'Please stop' } }, 'ada', 'user');
    await call('patch', { ...about, patch: { description: '' } });
    await call('patch_task', { ...about, task_id: task, patch: { status: 'completed', result: { day: 'Tuesday' } } });
    await call('patch', { ...about, patch: { status: 'paused' } });
    await call('patch', { ...about, patch: { status: 'cancelled' } });
    const { counted, summed } = await stored();
    expect(counted).to.equal(summed);
  });

  it('what is counted is what is stored, to the byte by whatever was written', async () => {
    const mission = await create('ada', { tasks: [{ title: 'one' }] });
    await setQuotas({ storage: 1_000_000, missions: 10 });
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => create('ada', { title: `ü${n}`.repeat(9) }).catch(() => {})),
    );
    await ask(mission);
    await call('patch', { mission_id: mission.id, patch: { details: { a: 'b'.repeat(500) } } });
    const { counted, summed } = await stored();
    expect([counted, (await use()).bytes]).to.deep.equal([summed, summed]);
    // Measured anew from the tables, a mission has about as many bytes as were counted with its changes.
    const bytesOf = async () =>
      (await service.db.pool.query('select bytes::float8 from mission where id = $1', [mission.id])).rows[0].bytes;
    const before = await bytesOf();
    await service.db.pool.query('update mission set bytes = null where id = $1', [mission.id]);
    await service.db.pool.query('update customer_quota set storage_used = storage_used - $1 where customer_id = $2', [
      before,
      customer_id,
    ]);
    expect(await measureMissions(autocommit(service.db), customer_id, 10)).to.equal(1);
    expect(await bytesOf()).to.be.within(before * 0.7, before * 1.5);
    expect((await stored()).counted).to.equal((await stored()).summed);
  });
});
