import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { PushDevice } from '@missions/contracts/notifier/devices.ts';
import { defaultPreferences } from '@missions/contracts/notifier/preferences.ts';
import { reachUser } from '@missions/contracts/notifier/requests.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Context } from '../commands/context.ts';
import type { PushContent } from '../push/content.ts';
import { notifier } from '../service.ts';
import { claimNotices } from '../store/notices.ts';
import { BrowserKeys, PushService, senderOf } from '../testing/push-service.ts';
import { startSendingNotices } from './send.ts';
import { startTelling } from './tell.ts';
import { startWithdrawing } from './withdraw.ts';

const MINUTE = 60_000;
const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../shared/contracts/samples/v1/${name}.json`, import.meta.url), 'utf8')).data;

/** From the event to the push service, through the service's own handlers, store and jobs. */
describe('what is pushed', function () {
  this.timeout(180_000);
  const clock = new VirtualClock(new Date('2027-03-01T12:00:00.000Z'));
  const browser = new BrowserKeys();
  let service: ServiceUnderTest<Context>;
  let push: PushService;
  let jobs: Job[] = [];
  let user: string;
  let users = 0;

  before(async () => {
    push = new PushService();
    await push.listen();
    service = await startServiceUnderTest(notifier, { clock, env: { PUSH_ALLOW_PRIVATE: 'true' } });
  });
  beforeEach(() => {
    user = `user-${(users += 1)}`;
    push.pushed.length = 0;
    push.statusOf.clear();
    start();
  });
  afterEach(stop);
  after(async () => {
    await service.stop();
    push.close();
  });

  function start(): void {
    const { context } = service;
    jobs = [startTelling(context), startSendingNotices(context, 'push'), startWithdrawing(context, 'push')];
  }
  async function stop(): Promise<void> {
    for (const job of jobs.splice(0)) await job.stop();
  }
  const as = () => ({ caller: { customer_id: 'acme', user_id: user } });
  const becomes = (holds: () => boolean | Promise<boolean>, what: string) =>
    waitUntil(holds, { withinMs: 30_000, what });
  const device = (name: string): Promise<PushDevice> => {
    const { endpoint, p256dh, auth } = push.device(browser, `${user}-${name}`);
    return service.request('add_device', { endpoint, keys: { p256dh, auth }, name }, as());
  };
  const wish = (patch: object) => service.request('change_preferences', patch, as());
  const event = (type: string, data: object, of: { mission_id: string; version?: number }) =>
    service.handle({
      ...{ id: newId(), type, source: '/spec', time: clock.now().toISOString(), customer_id: 'acme', user_id: user },
      ...{ version: 2, index: 0, data: data as Record<string, unknown>, ...of },
    });
  const ask = async (title: string, over: object = {}) => {
    const it = { id: newId(), mission_id: newId() };
    const { mission, ...data } = sample('mission.input_requested');
    const created_at = clock.now().toISOString();
    const expires_at = new Date(clock.now().getTime() + 1_440 * MINUTE).toISOString();
    const times = { created_at, expires_at, remind_at: null };
    const mine = { ...it, customer_id: 'acme', user_id: user, prompt: `${title}?`, ...times, ...over };
    const question = { ...data.question, ...mine };
    await event('mission.input_requested', { ...data, question, mission: { ...mission, title } }, it);
    return it;
  };
  const settle = ({ id, mission_id }: { id: string; mission_id: string }) => {
    const about = { customer_id: 'acme', user_id: user, mission_id, task_id: null, request_id: id };
    return event('approval.cancelled', about, { mission_id });
  };
  /** What the devices of the user were sent, and by which name. */
  const shown = (): (PushContent & { device: string })[] =>
    push.pushed
      .filter(({ path }) => path.includes(`/${user}-`))
      .map(({ path, body }) => ({ ...JSON.parse(browser.decrypt(body)), device: path.split('-').at(-1) }));
  const shownOn = () => shown().map(({ device: name, title }) => `${name}: ${title}`);
  const notices = async () => {
    const sql =
      'select status, last_error, attempts, devices, withdraw_at from notice where user_id = $1 order by created_at, id';
    return (await service.db.pool.query(sql, [user])).rows;
  };
  const ended = (count: number) =>
    becomes(async () => {
      const all = await notices();
      return all.length === count && all.every(({ status }) => status !== 'queued');
    }, `the end of ${count} notices`);
  /** Whatever was due by then has been looked at. */
  const later = async (minutes: number) => {
    clock.advance(minutes * MINUTE);
    await becomes(async () => {
      const sql = 'select 1 from subject where user_id = $1 and due_at <= $2';
      return (await service.db.pool.query(sql, [user, clock.now()])).rows.length === 0;
    }, 'the ladder');
  };

  it('is a title and a path on each device, for that push service and the device alone, and its end', async () => {
    for (const name of ['desk', 'phone']) await device(name);
    const it = await ask('Cerulean', { urgency: 'high' });
    await becomes(() => shown().length === 2, 'two devices');
    const content = { title: 'Question: Cerulean', path: `/q/${it.id}`, tag: `question:${it.id}` };
    expect(shown().toSorted((a, b) => a.device.localeCompare(b.device))).to.deep.equal([
      { ...content, device: 'desk' },
      { ...content, device: 'phone' },
    ]);
    const { claims } = await senderOf(push.pushed[0]!.headers, push.origin);
    expect(claims.aud).to.equal(push.origin);
    expect(push.pushed[0]?.headers['urgency']).to.equal('high');
    expect(Number(push.pushed[0]?.headers['ttl']), 'as long as it can be answered').to.be.within(86_000, 86_400);
    await ended(1);
    const { devices } = await service.request('devices', {}, as());
    for (const { last_used_at } of devices) expect(last_used_at).to.equal(clock.now().toISOString());
    await settle(it);
    await becomes(() => shown().length === 4, 'the end on both');
    for (const end of shown().slice(2)) expect(end).to.include({ tag: content.tag, decided: true });
    expect(push.pushed[2]?.headers['topic']).to.equal(push.pushed[0]?.headers['topic']);
    await becomes(async () => (await notices())[0].withdraw_at === null, 'its booking');
    expect(shown()).to.have.length(4);
  });

  it('has what is asked where its user allows it', async () => {
    await device('desk');
    await wish({ push_text: true });
    await ask('Teal', { urgency: 'high' });
    await becomes(() => shown().length === 1, 'the push');
    expect(shown()[0]).to.include({ body: 'Teal?' });
  });

  it('is one for three or more of a minute, and ends when all of them are settled', async () => {
    await device('desk');
    const all = [await ask('Red'), await ask('Green'), await ask('Blue')];
    await later(1.1);
    await becomes(() => shown().length === 1, 'one push');
    await ended(1);
    expect(shown()[0]).to.include({ path: '/' });
    for (const it of all.slice(1)) await settle(it);
    await becomes(async () => (await notices())[0].withdraw_at === null, 'a look at it');
    expect(shown()).to.have.length(1);
    await settle(all[0]!);
    await becomes(() => shown().length === 2, 'its end');
    expect(shown()[1]).to.include({ tag: shown()[0]!.tag, decided: true });
  });

  for (const status of [404, 410])
    it(`drops a device whose push service answers ${status}, tells the others, and is not tried again`, async () => {
      await device('desk');
      await device('gone');
      push.statusOf.set(`${user}-gone`, status);
      await ask('Sepia', { urgency: 'high' });
      await ended(1);
      expect((await service.request('devices', {}, as())).devices).to.have.length(1);
      expect((await service.request(reachUser.verb, {}, as())).channels).to.deep.equal(['push']);
      expect((await notices())[0]).to.include({ status: 'sent', attempts: 1 });
      push.statusOf.set(`${user}-desk`, status);
      await ask('Umber', { urgency: 'high' });
      await later(1.1);
      await ended(2);
      expect((await service.request(reachUser.verb, {}, as())).channels).to.deep.equal([]);
      expect((await notices())[1]).to.include({ status: 'dropped' });
    });

  for (const status of [429, 503])
    it(`is sent again where the push service has answered ${status}, and nowhere else`, async () => {
      await device('desk');
      await device('busy');
      push.statusOf.set(`${user}-busy`, status);
      await ask('Ochre', { urgency: 'high' });
      await becomes(async () => (await notices())[0]?.last_error.includes(String(status)), 'the refusal');
      expect((await notices())[0].status).to.equal('queued');
      push.statusOf.clear();
      clock.advance(MINUTE);
      await ended(1);
      expect(shownOn().filter((one) => one.startsWith('desk'))).to.have.length(1);
      expect(shownOn().filter((one) => one.startsWith('busy'))).to.have.length(2);
    });

  it('ends on the device that has it, when it is settled before the other one does', async () => {
    await device('desk');
    await device('busy');
    push.statusOf.set(`${user}-busy`, 503);
    const it = await ask('Indigo', { urgency: 'high' });
    await becomes(async () => (await notices())[0]?.last_error.includes('503'), 'the refusal');
    push.statusOf.clear();
    await settle(it);
    clock.advance(MINUTE);
    await becomes(() => shown().some(({ decided }) => decided), 'the end');
    expect(shown().filter(({ decided }) => decided))
      .to.have.length(1)
      .and.to.have.nested.property('0.device', 'desk');
    expect((await notices())[0]).to.include({ status: 'sent' });
  });

  it('waits for the end of quiet hours, unless the question ends in them', async () => {
    await device('desk');
    const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
    const [from, to] = [-60, 120].map((minutes) => new Date(clock.now().getTime() + minutes * MINUTE));
    const hour = (at: Date | undefined) => at!.toISOString().slice(11, 16);
    await wish({ quiet_hours: { from: hour(from), to: hour(to), weekdays } });
    await ask('Violet');
    const expires_at = new Date(clock.now().getTime() + 60 * MINUTE).toISOString();
    await ask('Mauve', { expires_at });
    await later(1.1);
    await becomes(() => shown().length === 1, 'the one that cannot wait');
    expect(shownOn()).to.deep.equal(['desk: Question: Mauve']);
    await later(125);
    await becomes(() => shownOn().some((one) => one.includes('Violet')), 'the end of them');
  });

  it('is not sent on a topic that its user does not want, nor after a wish that came before it left', async () => {
    await device('desk');
    await stop();
    await ask('Amber', { urgency: 'high' });
    const telling = startTelling(service.context);
    jobs.push(telling);
    await becomes(async () => (await notices()).length === 1, 'the plan');
    await wish({ channels: { question: { push: false } } });
    jobs.push(startSendingNotices(service.context, 'push'));
    await ended(1);
    expect((await notices())[0]).to.include({ status: 'dropped', last_error: 'it is not wanted any more' });
    expect((await service.request(reachUser.verb, {}, as())).channels).to.deep.equal(['push']);
    await wish({ channels: { deadline: { push: false } } });
    expect((await service.request(reachUser.verb, {}, as())).channels).to.deep.equal([]);
    expect(shown()).to.deep.equal([]);
    await wish({ channels: defaultPreferences.channels });
  });

  it('is not sent of what was settled before it left', async () => {
    await device('desk');
    await stop();
    const it = await ask('Crimson', { urgency: 'high' });
    jobs.push(startTelling(service.context));
    await becomes(async () => (await notices()).length === 1, 'the plan');
    await settle(it);
    jobs.push(startSendingNotices(service.context, 'push'), startWithdrawing(service.context, 'push'));
    await ended(1);
    expect(shown()).to.deep.equal([]);
    expect((await notices())[0]).to.include({ status: 'dropped' });
  });

  it('is sent by another copy when the one that had claimed it has died', async () => {
    await device('desk');
    await stop();
    await ask('Scarlet', { urgency: 'high' });
    jobs.push(startTelling(service.context));
    await becomes(async () => (await notices()).length === 1, 'the plan');
    const now = clock.now();
    const claimed = await claimNotices(autocommit(service.db), 'push', now, 10, new Date(now.getTime() + MINUTE));
    expect(claimed).to.have.length(1);
    jobs.push(startSendingNotices(service.context, 'push'));
    clock.advance(MINUTE + 1);
    await ended(1);
    expect(shown()).to.have.length(1);
    expect((await notices())[0]).to.include({ status: 'sent', attempts: 2 });
  });

  it('is shown once by a device that gets it twice, because the one that sent it died before it was booked', async () => {
    await device('desk');
    await ask('Magenta', { urgency: 'high' });
    await ended(1);
    const unbooked = `update notice set status = 'queued', next_attempt_at = $2, sent_at = null, devices = null
      where user_id = $1`;
    await service.db.pool.query(unbooked, [user, clock.now()]);
    await becomes(() => shown().length === 2, 'the second time');
    const [first, second] = shown();
    expect(second).to.deep.equal(first);
    const topics = push.pushed.map(({ headers }) => headers['topic']);
    expect(new Set(topics).size).to.equal(1);
  });
});
