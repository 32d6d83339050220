import { expect } from 'chai';
import { selfSigned } from '@missions/email-bridge/testing/certificate.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import type { Context } from '../commands/context.ts';
import { releaseDeliveries } from '../commands/release-deliveries.ts';
import { notifier } from '../service.ts';
import { claimDeliveries } from '../store/delivery-queue.ts';
import { answers, isSignedWith, Receiver } from '../testing/receiver.ts';
import { versionsOf, WebhookBench } from '../testing/webhooks.ts';

const HOUR = 3_600_000;

describe('events for an endpoint of a customer’s', function () {
  this.timeout(120_000);
  const clock = new VirtualClock(new Date('2027-03-01T12:00:00.000Z'));
  const env = { WEBHOOK_ALLOW_PRIVATE: 'true' };
  let service: ServiceUnderTest<Context>;
  let receiver: Receiver;
  let liar: Receiver;
  let bench: WebhookBench;

  before(async () => {
    receiver = new Receiver();
    liar = new Receiver(selfSigned('another.example'));
    await receiver.listen();
    await liar.listen();
    service = await startServiceUnderTest(notifier, { clock, env });
  });
  beforeEach(() => {
    receiver.received.length = 0;
    bench = new WebhookBench(service, clock);
    bench.start();
  });
  afterEach(async () => {
    receiver.dropAll();
    await bench.stop();
  });
  after(async () => {
    await service.stop();
    receiver.close();
    liar.close();
  });

  it('are CloudEvents in structured mode, signed as Standard Webhooks says, of the types that it names', async () => {
    const { secret } = await bench.create(receiver.url('/signed'), ['mission.created', 'approval.*']);
    const wanted = bench.event(newId(), 3);
    await bench.happens(bench.event(newId(), 1, 'mission.task_added'), wanted);
    const [message] = await bench.arrive(receiver, '/signed', 1);
    if (!message) throw new Error('nothing arrived');
    expect(message.headers['content-type']).to.match(/^application\/cloudevents\+json/);
    expect(message.headers['webhook-id']).to.equal(wanted.id);
    expect(secret).to.match(/^whsec_/);
    expect(isSignedWith(secret, message)).to.equal(true);
    expect(message.event).to.deep.equal({
      ...{ specversion: '1.0', id: wanted.id, source: '/services/mission', type: 'mission.created', time: wanted.time },
      ...{ datacontenttype: 'application/json', customerid: bench.customer, userid: 'ada' },
      ...{ missionid: wanted.mission_id, missionversion: 3, missionindex: 0, data: { version: 3 } },
    });
  });

  it('wait for no endpoint but their own, whatever is wrong with the others', async () => {
    const wrong = {
      hangs: /^$/,
      refuses: /answered 503: not today/,
      redirects: /answered 302, and redirects are not followed/,
      floods: /answered 500: aaa/,
    } as const;
    const ids: [string, RegExp][] = [];
    for (const [name, why] of Object.entries(wrong)) {
      receiver.answer(`/${name}`, answers[name as keyof typeof wrong]);
      ids.push([(await bench.create(receiver.url(`/${name}`)))['id'], why]);
    }
    ids.push([(await bench.create(liar.url('/lies')))['id'], /^its certificate is not valid/]);
    ids.push([(await bench.create('http://localhost:1/nobody'))['id'], /ECONNREFUSED/]);
    const { id: healthy } = await bench.create(receiver.url('/healthy'));
    const missions = Array.from({ length: 10 }, () => newId());
    for (const version of [1, 2]) await bench.happens(...missions.map((mission) => bench.event(mission, version)));
    await bench.arrive(receiver, '/healthy', 20);
    const all = await bench.deliveries(healthy);
    await bench.becomes(
      async () => (await bench.deliveries(healthy)).every(({ status }) => status === 'delivered'),
      'the end of all deliveries of the healthy one',
    );
    expect(all).to.have.length(20);
    for (const [id, why] of ids)
      await bench.becomes(
        async () =>
          (await bench.deliveries(id)).some(({ attempts, last_error }) => attempts > 0 && why.test(last_error)),
        String(why),
      );
    expect(receiver.at('/hangs').length, 'it has five places at most').to.be.within(1, 5);
    expect(receiver.at('/elsewhere')).to.deep.equal([]);
    expect(liar.received).to.deep.equal([]);
  });

  it('that was away for a day arrive when it is back, in order for each mission', async () => {
    receiver.answer('/away', answers.refuses);
    const { id } = await bench.create(receiver.url('/away'));
    const missions = [newId(), newId(), newId()];
    for (let version = 1; version <= 5; version += 1) {
      await bench.happens(...missions.map((mission) => bench.event(mission, version)));
      clock.advance(5 * HOUR);
      await bench.rests(id);
    }
    expect(new Set(Object.values(versionsOf(receiver.at('/away'))).flat())).to.deep.equal(new Set([1]));
    receiver.received.length = 0;
    receiver.answer('/away', answers.ok);
    clock.advance(HOUR);
    const arrived = await bench.arrive(receiver, '/away', 15);
    const inOrder = [1, 2, 3, 4, 5];
    expect(versionsOf(arrived)).to.deep.equal(Object.fromEntries(missions.map((mission) => [mission, inOrder])));
    await bench.becomes(
      async () => (await bench.request('webhook', { webhook_id: id }))['failing_since'] === null,
      'that it works again',
    );
  });

  it('of one mission that it refuses hold up those of no other', async () => {
    const [bad, good] = [newId(), newId()];
    receiver.answer('/picky', (response, { event }) =>
      response.writeHead(event['missionid'] === bad ? 422 : 200).end(),
    );
    await bench.create(receiver.url('/picky'));
    await bench.happens(bench.event(bad, 1), bench.event(bad, 2), bench.event(good, 1), bench.event(good, 2));
    await bench.becomes(() => versionsOf(receiver.at('/picky'))[good]?.length === 2, 'both of the other mission');
    expect(new Set(versionsOf(receiver.at('/picky'))[bad])).to.deep.equal(new Set([1]));
  });

  it('disable it after three days in which it took nothing, and what waits is listed as undelivered', async () => {
    receiver.answer('/dead', answers.refuses);
    const { id } = await bench.create(receiver.url('/dead'));
    await bench.create(receiver.url('/other'), ['email.sent']);
    const mission = newId();
    await bench.happens(bench.event(mission, 1), bench.event(mission, 2));
    await bench.arrive(receiver, '/dead', 1);
    await bench.becomes(
      async () => (await bench.deliveries(id)).some(({ last_error }) => last_error !== ''),
      'a failure',
    );
    clock.advance(73 * HOUR);
    const webhook = () => bench.request('webhook', { webhook_id: id });
    await bench.becomes(async () => (await webhook())['status'] === 'disabled', 'that it is disabled');
    expect((await bench.deliveries(id)).map(({ status }) => status)).to.deep.equal(['undelivered', 'undelivered']);
    const audited = await service.db.pool.query(
      `select actor from audit_entries where action = 'webhook.disabled' and target_id = $1`,
      [id],
    );
    expect(audited.rows).to.deep.equal([{ actor: 'product' }]);
    const [told] = await bench.arrive(receiver, '/other', 1);
    expect(told?.event['type']).to.equal('webhook.disabled');
    const { url, failing_since, last_error, disabled_at } = await webhook();
    expect(told?.event['data']).to.deep.equal({
      ...{ webhook_id: id, url, description: '', failing_since, last_error, disabled_at },
    });
    expect(last_error).to.contain('answered 503');

    await bench.happens(bench.event(mission, 3));
    receiver.received.length = 0;
    receiver.answer('/dead', answers.ok);
    await bench.request('change_webhook', { webhook_id: id, patch: { status: 'active' } });
    await bench.happens(bench.event(mission, 4));
    const [message] = await bench.arrive(receiver, '/dead', 1);
    expect(message?.event['missionversion'], 'nothing is kept for a disabled one').to.equal(4);
    const [missed] = (await bench.deliveries(id)).filter(({ status }) => status === 'undelivered');
    await bench.request('redeliver', { webhook_id: id, delivery_id: missed?.id });
    const [, repeated] = await bench.arrive(receiver, '/dead', 2);
    expect(repeated?.headers['webhook-id']).to.equal(missed?.event_id);
  });

  it('are signed with both secrets for 24 hours after a rotation', async () => {
    const { id, secret: former } = await bench.create(receiver.url('/rotated'));
    const { secret } = await bench.request('rotate_webhook', { webhook_id: id });
    await bench.happens(bench.event(newId(), 1));
    const [both] = await bench.arrive(receiver, '/rotated', 1);
    clock.advance(24 * HOUR + 1);
    await bench.happens(bench.event(newId(), 1));
    const [, one] = await bench.arrive(receiver, '/rotated', 2);
    const believed = [both, one].map((message) => [former, secret].map((key) => message && isSignedWith(key, message)));
    expect(believed).to.deep.equal([
      [true, true],
      [false, true],
    ]);
  });

  it('wait while it is paused; a test reaches it all the same, once', async () => {
    const { id } = await bench.create(receiver.url('/paused'));
    const patch = (status: string) => bench.request('change_webhook', { webhook_id: id, patch: { status } });
    await patch('paused');
    const mission = newId();
    await bench.happens(bench.event(mission, 1), bench.event(mission, 2));
    const { id: test } = await bench.request('test_webhook', { webhook_id: id });
    const [message] = await bench.arrive(receiver, '/paused', 1);
    expect(message?.event).to.include({ type: 'webhook.test', id: test });
    await patch('active');
    const arrived = await bench.arrive(receiver, '/paused', 3);
    expect(versionsOf(arrived.slice(1))).to.deep.equal({ [mission]: [1, 2] });
  });

  it('are shared by two copies of the notifier, each sent once and in order', async () => {
    const { databaseUrl } = service;
    const other = await startServiceUnderTest(notifier, { clock, env, databaseUrl });
    bench.start(other.context);
    try {
      await bench.create(receiver.url('/shared'));
      const missions = Array.from({ length: 8 }, () => newId());
      for (let version = 1; version <= 10; version += 1)
        await bench.happens(...missions.map((mission) => bench.event(mission, version)));
      const arrived = await bench.arrive(receiver, '/shared', 80);
      const inOrder = Array.from({ length: 10 }, (_, index) => index + 1);
      expect(versionsOf(arrived)).to.deep.equal(Object.fromEntries(missions.map((mission) => [mission, inOrder])));
    } finally {
      await bench.stop();
      await other.stop();
    }
  });

  it('in the hands of a copy that was killed are sent by another once their lease has ended, as the same', async () => {
    await bench.stop();
    await bench.create(receiver.url('/killed'));
    const mission = newId();
    const events = [bench.event(mission, 1), bench.event(mission, 2)];
    await bench.happens(...events);
    await releaseDeliveries(service.context);
    const now = clock.now();
    const leasedUntil = new Date(now.getTime() + 30_000);
    const ask = { now, limit: 1_000, leasedUntil, perEndpoint: 5, testType: 'webhook.test', busy: {} };
    const claimed = await claimDeliveries(autocommit(service.db), ask);
    expect(claimed.map(({ event_id }) => event_id)).to.include(events[0]?.id);
    expect(
      claimed.map(({ event_id }) => event_id),
      'the second waits',
    ).not.to.include(events[1]?.id);
    clock.advance(30_001);
    bench.start();
    const arrived = await bench.arrive(receiver, '/killed', 2);
    expect(arrived.map(({ headers }) => headers['webhook-id'])).to.deep.equal(events.map(({ id }) => id));
  });

  it('are held until their stream was handled up to them, because a crash hands over a later one first', async () => {
    await bench.stop();
    let handled = 0;
    const bus = { handledUpTo: () => Promise.resolve(handled) } as unknown as Context['bus'];
    const { id } = await bench.create(receiver.url('/sorted'));
    const [subscription] = notifier.subscriptions(service.context);
    const mission = newId();
    const context = { ...service.context, bus };
    await subscription?.handleOne(bench.event(mission, 2), 8);
    expect(await releaseDeliveries(context), 'something is held').to.equal(true);
    await subscription?.handleOne(bench.event(mission, 1), 7);
    expect((await bench.deliveries(id)).map(({ next_attempt_at }) => next_attempt_at)).to.deep.equal([null, null]);
    handled = 8;
    bench.start(context);
    expect(versionsOf(await bench.arrive(receiver, '/sorted', 2))).to.deep.equal({ [mission]: [1, 2] });
  });

  it('go when their mission is erased; that it was erased is delivered', async () => {
    receiver.answer('/erased', answers.refuses);
    const { id } = await bench.create(receiver.url('/erased'));
    const mission = newId();
    await bench.happens(bench.event(mission, 1));
    await bench.arrive(receiver, '/erased', 1);
    receiver.answer('/erased', answers.ok);
    await bench.happens(bench.event(mission, 2, missionErased));
    await bench.becomes(
      () => receiver.at('/erased').some(({ event }) => event['type'] === missionErased),
      'the erasure',
    );
    expect((await bench.deliveries(id)).map(({ type }) => type)).to.deep.equal([missionErased]);
  });
});
