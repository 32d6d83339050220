import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { closeOwner } from '@missions/persistence/holdings/closed-owners.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import { notifier } from '../service.ts';
import { BrowserKeys } from '../testing/push-service.ts';
import type { Context } from './context.ts';
import { takeDueSteps } from './take-steps.ts';

const MINUTE = 60_000;
const DAY = 1_440;
const sample = JSON.parse(
  readFileSync(new URL('../../../shared/contracts/samples/v1/mission.input_requested.json', import.meta.url), 'utf8'),
).data;

describe('a question to several people', () => {
  const clock = new VirtualClock(new Date('2027-03-01T12:00:00.000Z'));
  const browser = new BrowserKeys();
  let service: ServiceUnderTest<Context>;
  let about: { customer_id: string; user_id: string; mission_id: string; task_id: null; request_id: string };
  before(async () => {
    service = await startServiceUnderTest(notifier, { clock, env: { PUSH_ALLOW_PRIVATE: 'true' } });
    for (const user_id of ['ada', 'bea', 'dan', 'eve']) {
      const device = { endpoint: `http://127.0.0.1:9/push/${user_id}`, name: 'phone' };
      const keys = { p256dh: browser.p256dh, auth: browser.auth };
      await service.request('add_device', { ...device, keys }, { caller: { customer_id: 'acme', user_id } });
    }
  });
  after(() => service.stop());
  beforeEach(() => {
    about = { customer_id: 'acme', user_id: 'ada', mission_id: newId(), task_id: null, request_id: newId() };
  });

  const event = (type: string, data: object) =>
    service.handle({
      ...{ id: newId(), type, source: '/spec', time: clock.now().toISOString(), version: 2, index: 0 },
      ...{ customer_id: 'acme', user_id: 'ada', mission_id: about.mission_id, data: { ...about, ...data } },
    });
  const inMinutes = (minutes: number) => new Date(clock.now().getTime() + minutes * MINUTE).toISOString();
  const ask = (over: object = {}) => {
    const { mission_id, request_id: id } = about;
    const times = { created_at: inMinutes(0), expires_at: inMinutes(DAY), remind_at: null };
    const people = { assignees: ['bea', 'nobody'], quorum: 2, escalate_to: 'dan', escalate_at: inMinutes(1_260) };
    const mine = { id, mission_id, customer_id: 'acme', user_id: 'ada', ...times, ...people, ...over };
    return event('mission.input_requested', { ...sample, question: { ...sample.question, ...mine } });
  };
  const approve = (user_id: string, on_behalf_of?: string) => {
    const approval = { user_id, on_behalf_of, selected_option: 'yes', via: 'api', responded_at: inMinutes(0) };
    return event('approval.approved', { approval, given: 1, quorum: 2 });
  };
  /** `eve` answers for a user, from a minute on and until another. @returns its id */
  const delegate = async (user_id: string, from: number, until: number, id = newId()): Promise<string> => {
    const delegation = { id, user_id, to_user_id: 'eve', from: inMinutes(from), until: inMinutes(until) };
    await event('approval.delegated', { delegation });
    return id;
  };
  /** Who is told something of this question within the time, in the order of names. */
  const toldWithin = async (minutes: number): Promise<string[]> => {
    const before = clock.now();
    clock.advance(minutes * MINUTE);
    while ((await takeDueSteps(service.context)) > 0);
    const sql = `select distinct user_id from notice n, jsonb_array_elements(n.items) item
      where n.created_at > $1 and item ->> 'id' like '%' || $2 || '%' order by user_id`;
    const { rows } = await service.db.pool.query(sql, [before, about.request_id]);
    return rows.map(({ user_id }) => user_id);
  };
  const waitingFor = async (user_id: string): Promise<string[]> => {
    const read = await service.request('waiting', {}, { caller: { customer_id: 'acme', user_id } });
    return read['notifications'].map((one: { request_id: string }) => one.request_id);
  };

  it('is told to all who are asked, and late to whom it is escalated', async () => {
    await ask();
    expect(await toldWithin(2)).to.deep.equal(['ada', 'bea']);
    expect(await waitingFor('bea')).to.include(about.request_id);
    expect(await waitingFor('dan')).not.to.include(about.request_id);
    expect(await toldWithin(1_200)).to.deep.equal(['ada', 'bea']);
    service.notifications.length = 0;
    expect(await toldWithin(60)).to.deep.equal(['dan']);
    expect(service.notifications).to.deep.equal([{ customerId: 'acme', userId: 'dan', payload: { type: 'inbox' } }]);
    expect(await waitingFor('dan')).to.include(about.request_id);
  });

  it('is told no more to who has approved, and goes on to the others', async () => {
    await ask();
    await toldWithin(2);
    await approve('bea');
    expect(await toldWithin(1_200)).to.deep.equal(['ada']);
    await approve('ada');
    expect(await toldWithin(60)).to.deep.equal(['dan']);
  });

  for (const approved of [[], ['ada']])
    it(`is told to nobody once it is answered${approved.length > 0 ? ', also where its own user had approved before' : ''}`, async () => {
      await ask();
      await toldWithin(2);
      for (const user of approved) await approve(user);
      await event('approval.cancelled', {});
      expect(await toldWithin(DAY)).to.deep.equal([]);
      for (const user of ['ada', 'bea', 'dan']) expect(await waitingFor(user)).not.to.include(about.request_id);
    });

  it('that was answered before it was heard of is told to nobody', async () => {
    await event('approval.cancelled', {});
    await ask();
    expect(await toldWithin(DAY)).to.deep.equal([]);
  });

  it('is marked as told to its reader, by the name that the reader knows', async () => {
    await ask();
    const caller = { customer_id: 'acme', user_id: 'bea' };
    const ids = [`question:${about.request_id}`];
    expect(await service.request('told', { ids }, { caller })).to.deep.equal({ ids });
    expect(await waitingFor('bea')).not.to.include(about.request_id);
    expect(await waitingFor('ada')).to.include(about.request_id);
  });

  it('is told to a delegate of its user while that holds, whichever is heard first', async () => {
    for (const first of ['the question', 'the delegation']) {
      about.request_id = newId();
      if (first === 'the question') await ask();
      const delegation = await delegate('ada', 10, 600);
      if (first === 'the delegation') await ask();
      expect(await toldWithin(5)).to.deep.equal(['ada', 'bea']);
      expect(await waitingFor('eve')).not.to.include(about.request_id);
      expect(await toldWithin(10)).to.deep.equal(['eve']);
      expect(await waitingFor('eve')).to.include(about.request_id);
      await delegate('ada', 10, 0, delegation);
      expect(await waitingFor('eve')).not.to.include(about.request_id);
      expect(await toldWithin(1_500)).not.to.include('eve');
    }
  });

  it('is told no more to the delegate of whoever has approved, nor to whom the delegate has approved for', async () => {
    await ask();
    await delegate('bea', 0, 600);
    expect(await toldWithin(2)).to.deep.equal(['ada', 'bea', 'eve']);
    await approve('bea');
    expect(await waitingFor('eve')).not.to.include(about.request_id);
    about.request_id = newId();
    await ask();
    await delegate('ada', 0, 600);
    await toldWithin(2);
    await approve('eve', 'ada');
    for (const user of ['ada', 'eve']) expect(await waitingFor(user)).not.to.include(about.request_id);
    expect(await waitingFor('bea')).to.include(about.request_id);
    expect(await toldWithin(1_200)).to.deep.equal(['bea']);
  });

  it('is told once to who is asked and answers for another as well, and to nobody of what was answered', async () => {
    await ask({ assignees: ['eve'] });
    await delegate('ada', 0, 600);
    expect(await toldWithin(2)).to.deep.equal(['ada', 'eve']);
    await approve('ada');
    expect(await waitingFor('eve')).to.include(about.request_id);
    await event('approval.cancelled', {});
    for (const user of ['ada', 'eve']) expect(await waitingFor(user)).not.to.include(about.request_id);
    about.request_id = newId();
    await ask();
    await event('approval.cancelled', {});
    await delegate('ada', 0, 600);
    expect(await toldWithin(DAY)).to.deep.equal([]);
  });

  it('that names somebody who was erased is told to the others, and keeps nothing of who is gone', async () => {
    const gone = { customer_id: 'acme', user_id: 'fay' };
    await closeOwner({ url: service.databaseUrl, schema: 'notifier' }, gone);
    await ask({ assignees: ['fay', 'bea'], escalate_to: 'fay' });
    await event('approval.delegated', {
      delegation: { id: newId(), user_id: 'ada', to_user_id: 'fay', from: inMinutes(0), until: inMinutes(DAY) },
    });
    expect(await toldWithin(2)).to.deep.equal(['ada', 'bea']);
    await approve('fay');
    await approve('bea');
    expect(await toldWithin(1_300)).to.deep.equal(['ada']);
    await event('approval.cancelled', {});
    expect(await waitingFor('ada')).not.to.include(about.request_id);
    const kept = 'select id from subject where user_id = $1';
    expect((await service.db.pool.query(kept, ['fay'])).rows).to.deep.equal([]);
  });

  it('of somebody who was erased is told to nobody, and its events do not fail', async () => {
    const gone = { customer_id: 'acme', user_id: 'gil' };
    await closeOwner({ url: service.databaseUrl, schema: 'notifier' }, gone);
    const of = (type: string, data: object) =>
      service.handle({
        ...{ id: newId(), type, source: '/spec', time: inMinutes(0), version: 2, index: 0 },
        ...{ ...gone, mission_id: about.mission_id, data: { ...about, ...gone, ...data } },
      });
    const mine = { id: about.request_id, mission_id: about.mission_id, ...gone, assignees: ['bea'] };
    const delegation = { id: newId(), user_id: 'gil', to_user_id: 'eve', from: inMinutes(0), until: inMinutes(DAY) };
    await of('approval.delegated', { delegation });
    await of('mission.input_requested', { ...sample, question: { ...sample.question, ...mine } });
    const approval = { user_id: 'bea', selected_option: 'yes', via: 'api', responded_at: inMinutes(0) };
    await of('approval.approved', { approval, given: 1, quorum: 2 });
    await of('approval.cancelled', {});
    expect(await toldWithin(DAY)).to.deep.equal([]);
  });

  it('is told on time where somebody else is closed, whose rows are not erased yet', async () => {
    await ask({ assignees: ['hal'] });
    about.request_id = newId();
    await ask();
    await closeOwner({ url: service.databaseUrl, schema: 'notifier' }, { customer_id: 'acme', user_id: 'hal' });
    expect(await toldWithin(2)).to.deep.equal(['ada', 'bea']);
  });

  it('says nothing of its user where somebody else can be told on no channel', async () => {
    await ask();
    await toldWithin(DAY);
    const sql = `select 1 from outbox where type = 'notifier.unreachable' and mission_id = $1`;
    expect((await service.db.pool.query(sql, [about.mission_id])).rows).to.deep.equal([]);
  });
});
