import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import type { Quotas } from '@missions/contracts/quotas.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { refusal, type RequestAs } from '@missions/service-kit/testing/service-under-test.ts';
import { useOfCustomer } from '../store/inspect-customers.ts';
import { changeQuotas } from '../store/quotas.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('quotas of missions', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const as = (customer_id: string): RequestAs => ({ caller: { customer_id } });
  const create = (customer: string, input: object = {}) =>
    service.request<MissionDetail>('create', { title: 'Meeting', ...input }, as(customer));
  const setQuotas = (customer: string, changes: Partial<Quotas>) =>
    transaction(service.db, (tx) => changeQuotas(tx, customer, changes));
  const use = (customer: string) => useOfCustomer(autocommit(service.db), customer);
  const counted = async (customer: string) =>
    (await service.db.pool.query('select * from customer_quota where customer_id = $1', [customer])).rows[0];
  const kept = async (customer: string) => (await use(customer)).missions.kept;

  it('of 200 creations at once exactly those succeed that the quota leaves, whatever way they take', async () => {
    await create('rivals');
    await setQuotas('rivals', { missions: 31 });
    const waits = { tasks: [{ title: 'hook', wait_for: { kind: 'webhook', reference: 'x' } }] };
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) => create(n % 5 === 0 ? 'others' : 'rivals', n % 3 === 0 ? waits : {})),
    );
    const refused = results.filter((one) => one.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).to.deep.equal(Array.from({ length: 130 }, () => 'QUOTA_EXCEEDED'));
    expect([await kept('rivals'), await kept('others')]).to.deep.equal([31, 40]);
    expect((await counted('rivals')).missions_used).to.equal(31);
  });

  it('a refusal says which quota, how much is used and what to do, and keeps nothing', async () => {
    await setQuotas('full', { missions: 0 });
    const { code, detail, members } = await refusal(create('full'));
    expect([code, members]).to.deep.equal(['QUOTA_EXCEEDED', { quota: 'missions', limit: 0, used: 0 }]);
    expect(detail).to.match(/keeps 0 missions.*quota is 0.*operator/s);
    expect(await kept('full')).to.equal(0);
  });

  it('a quota that is raised or removed lets missions in again, and one below what is used takes nothing away', async () => {
    for (let n = 0; n < 3; n++) await create('moving');
    await setQuotas('moving', { missions: 1 });
    expect((await refusal(create('moving'))).code).to.equal('QUOTA_EXCEEDED');
    expect(await kept('moving')).to.equal(3);
    await setQuotas('moving', { missions: 4 });
    await create('moving');
    expect((await refusal(create('moving'))).members['used']).to.equal(4);
    await setQuotas('moving', { missions: null });
    await create('moving');
    expect(await counted('moving')).to.equal(undefined);
  });

  it('a creation that is repeated under its key is replayed at a full quota', async () => {
    const again = () =>
      service.request<MissionDetail>('create', { title: 'Once' }, { ...as('keyed'), idempotencyKey: 'k' });
    await setQuotas('keyed', { missions: 1 });
    const first = await again();
    expect((await again()).id).to.equal(first.id);
    expect(await kept('keyed')).to.equal(1);
  });

  it('quotas set while missions are created count each of them', async () => {
    const creations = Array.from({ length: 100 }, () => create('racing'));
    await setQuotas('racing', { missions: 1_000 });
    await Promise.all(creations);
    expect((await counted('racing')).missions_used).to.equal(100);
  });

  it('a customer without quotas pays no statement', async () => {
    await setQuotas('elsewhere', { missions: 1 });
    const seen: string[] = [];
    const connect = service.db.pool.connect.bind(service.db.pool);
    service.db.pool.connect = (async () => {
      const client = await connect();
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      client.query = ((...args: unknown[]) => {
        seen.push(String((args[0] as { name?: string }).name ?? args[0]));
        return query(...args);
      }) as typeof client.query;
      return client;
    }) as typeof connect;
    try {
      await create('free');
    } finally {
      service.db.pool.connect = connect;
    }
    expect(seen).to.deep.equal(['mission.create']);
  });
});
