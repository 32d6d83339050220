import { expect } from 'chai';
import type { NewMission } from '@missions/contracts/mission/bodies.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('creating missions', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const create = (input: NewMission, user = 'ada', key?: string) =>
    service.request<MissionDetail>('create', input, { caller: { user_id: user }, idempotencyKey: key });
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'created',
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
  const titles = async (user: string) =>
    (await service.request<{ missions: MissionDetail[] }>('list', {}, { caller: { user_id: user } })).missions
      .map(({ title }) => title)
      .toSorted();

  const plans: Record<string, NewMission> = {
    'only a title': { title: 'Bare' },
    'every field': {
      title: 'Ünïcode “quotes” \\ " \n\t 🚀 </script>',
      description: 'x'.repeat(5_000),
      conversation_id: 'conv-1',
      priority: 'urgent',
      due_at: '2031-05-06T07:08:09.123456+02:00',
      can_run_autonomously: true,
      max_lifetime_hours: 24,
      metadata: {
        b: 1,
        a: [1, 2.5, -0, 1e21, 1e-7, 0.1, null, true, { z: '', y: 'é' }],
        'long key': 'x',
        '': {},
        n: 1234567890123456,
      },
    },
    'a plan of dependent tasks': {
      title: 'Plan',
      tasks: [
        { title: 'first', order: 7, ref: 'a' },
        { title: 'second', order: 3, description: 'after' },
        ...Array.from({ length: 9 }, (_, n) => ({ title: `more ${n}`, depends_on: ['a'] })),
      ],
    },
    'a plan that waits at once': {
      title: 'Waiting',
      tasks: [{ title: 'mail', wait_for: { kind: 'email_reply', reference: 'thread-1', timeout_hours: 2 } }],
    },
  };
  for (const [name, input] of Object.entries(plans)) {
    it(`a creation returns the mission as a read shows it afterwards: ${name}`, async () => {
      const created = await create(input);
      expect(created).to.deep.equal(await service.request('get', { mission_id: created.id }));
    });
  }

  it('a creation whose wait a stored signal ends at once returns the mission as a read shows it', async () => {
    await service.request('signal', { kind: 'webhook', reference: 'early', id: 's1', data: { n: 1 } });
    const created = await create({
      title: 'Early',
      tasks: [
        { title: 'hook', wait_for: { kind: 'webhook', reference: 'early', accept_after: '2020-01-01T00:00:00Z' } },
      ],
    });
    expect(created.tasks[0]?.status).to.not.equal('waiting_external');
    expect(created).to.deep.equal(await service.request('get', { mission_id: created.id }));
  });

  it('creations of the same moment keep their own tasks, owners and events', async () => {
    const inputs = Array.from({ length: 100 }, (_, n): NewMission => ({
      title: `m${n}`,
      metadata: { n },
      tasks: Array.from({ length: n % 4 }, (__, t) => ({ title: `m${n} t${t}` })),
    }));
    const created = await Promise.all(
      inputs.map((input, n) =>
        service.request<MissionDetail>('create', input, {
          caller: { customer_id: `customer ${n % 3}`, user_id: `user ${n % 7}` },
        }),
      ),
    );
    for (const [n, mission] of created.entries()) {
      const caller = { customer_id: `customer ${n % 3}`, user_id: `user ${n % 7}` };
      expect(mission).to.deep.include({ ...caller, title: `m${n}`, metadata: { n } });
      expect(mission.tasks.map(({ title }) => title)).to.deep.equal(
        Array.from({ length: n % 4 }, (_, t) => `m${n} t${t}`),
      );
      expect(await service.request('get', { mission_id: mission.id }, { caller })).to.deep.equal(mission);
      expect(
        await codeOf(
          service.request(
            'get',
            { mission_id: mission.id },
            { caller: { ...caller, customer_id: `customer ${(n + 1) % 3}` } },
          ),
        ),
      ).to.equal('MISSION_NOT_FOUND');
    }
    const { rows } = await service.db.pool.query<{ event_id: string }>(
      `select 1 from outbox o join mission m on m.id::text = o.mission_id and m.customer_id = o.customer_id
        where o.type = 'mission.created' and m.title like 'm%'`,
    );
    expect(rows).to.have.length(100);
  });

  it('a creation that the database refuses fails alone', async () => {
    // The gateway refuses such a text; here it stands for any value that a table refuses.
    const names = Array.from({ length: 30 }, (_, n) => (n === 13 ? 'bad \0 one' : `good ${n}`));
    const outcomes = await Promise.all(names.map((title) => codeOf(create({ title }, 'neighbours', title))));
    expect(outcomes.filter((outcome) => outcome !== 'created')).to.have.length(1);
    expect(outcomes[13]).to.not.equal('created');
    expect(await titles('neighbours')).to.deep.equal(names.filter((_, n) => n !== 13).toSorted());
  });

  it('an idempotency key makes one mission, however many equal requests come at once', async () => {
    const keys = Array.from({ length: 60 }, (_, n) => `key ${n % 3}`);
    const created = await Promise.all(keys.map((key) => create({ title: key }, 'keys', key)));
    expect(new Set(created.map(({ id }) => id)).size).to.equal(3);
    for (const [n, mission] of created.entries()) expect(mission.title).to.equal(keys[n]);
    expect(await titles('keys')).to.deep.equal(['key 0', 'key 1', 'key 2']);
  });

  it('a used idempotency key returns its stored result, and its neighbours are created', async () => {
    const first = await create({ title: 'first' }, 'again', 'used');
    const [again, other, fresh] = await Promise.all([
      create({ title: 'first' }, 'again', 'used'),
      codeOf(create({ title: 'another body' }, 'again', 'used')),
      create({ title: 'fresh' }, 'again', 'new'),
    ]);
    expect(again).to.deep.equal(first);
    expect(other).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect(fresh.title).to.equal('fresh');
    expect(await titles('again')).to.deep.equal(['first', 'fresh']);
  });

  it('what an earlier version created under a key is not created again, whichever way its creation takes', async () => {
    const waits: NewMission = {
      title: 'waits',
      tasks: [{ title: 'mail', wait_for: { kind: 'email_reply', reference: 'thread-2', timeout_hours: 2 } }],
    };
    for (const input of [{ title: 'bare' }, waits]) {
      const first = await create(input, 'upgraded', input.title);
      const repeat = (hash: string) =>
        service.request('create', input, {
          caller: { user_id: 'upgraded' },
          idempotency: { scope: 'agent', key: input.title, hash: 'of its meaning', earlier: { scope: 'create', hash } },
        });
      expect(await repeat(JSON.stringify(input))).to.deep.equal(first);
      expect(await codeOf(repeat('of another body'))).to.equal('IDEMPOTENCY_KEY_REUSED');
    }
    expect(await titles('upgraded')).to.deep.equal(['bare', 'waits']);
  });
});
