import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import {
  formerTimerCancelledSubject,
  formerTimerSetSubject,
  timerOwnerSources,
} from '@missions/contracts/scheduler/former-timers.ts';
import { timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import {
  publishingTimerOwners,
  type PublishingTimerOwner,
  timerCancelledSubject,
  type TimerFired,
  timerSetSubject,
  timerSubject,
} from '@missions/contracts/scheduler/timers.ts';
import { connectAdmin, OPERATOR } from '@missions/messaging/admin/admin-connection.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Api } from '@missions/test-support/api.ts';
import { OBSERVER } from '@missions/test-support/deployed-servers.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expectStatus, missionOf, YES_OR_NO } from './client.ts';

/** The NATS user of each owner of timers, and a payload that its service reads and that concerns nothing. */
const owners = {
  mission: { user: 'mission', payload: () => ({ blocker_id: newId() }) },
  approval: { user: 'approval', payload: () => ({ request_id: newId(), kind: 'expire' }) },
  email: { user: 'email-bridge', payload: () => ({ tracking_id: newId() }) },
} as const satisfies Record<PublishingTimerOwner, { user: string; payload: () => object }>;
const HIGHEST_REVISION = 2 ** 31 - 1;

describe('timers of the running product', () => {
  let running: SharedProduct;
  const observed: EventEnvelope<TimerFired>[] = [];
  const buses = new Map<string, Promise<Bus>>();
  const as = (user: string): Promise<Bus> => {
    const known = buses.get(user);
    if (known) return known;
    const logger = createLogger({ service: user, level: 'silent' });
    const opening = connectBus({ servers: running.servers.natsUrlFor(user), name: user, logger });
    buses.set(user, opening);
    return opening;
  };
  const scope = { customer_id: 'acme', user_id: 'ann', mission_id: newId() };
  const event = (type: string, data: object = {}, about: object = scope): EventEnvelope => ({
    id: newId(),
    type,
    source: '/services/mission',
    time: '2026-01-02T03:04:05.678Z',
    ...scope,
    ...about,
    version: 1,
    index: 0,
    data: { ...data },
  });
  const codeOf = async (bus: Bus, one: EventEnvelope): Promise<string> =>
    bus.publish(one).then(
      () => 'published',
      (error: { code: string }) => error.code,
    );
  const firingOf = (owner: PublishingTimerOwner, key: string) =>
    waitUntil(() => observed.find((one) => one.type === timerSubject(owner) && one.data.key === key), {
      what: `the firing of ${owner} ${key}`,
    });

  before(async () => {
    running = await product();
    await (
      await as(OBSERVER)
    ).consume({
      setUp: makeConsumer,
      stream: 'SCHEDULER',
      service: OBSERVER,
      durable: `${OBSERVER}-timers`,
      subjects: [...publishingTimerOwners.map(timerSubject), timerSetSubject('mission')],
      handleOne: async (one) => void observed.push(one as unknown as EventEnvelope<TimerFired>),
    });
  });
  after(async () => {
    await Promise.all([...buses.values()].map(async (bus) => await (await bus).drain()));
  });

  for (const owner of publishingTimerOwners) {
    it(`a timer set by the NATS user ${owners[owner].user} comes back to it in the same trace`, async () => {
      const setter = await as(owners[owner].user);
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const key = `of-a-test:${newId()}`;
      const fire_at = new Date(Date.now() + 50).toISOString();
      const data = { ...scope, key, revision: 1, fire_at, payload: owners[owner].payload() };
      await setter.publish({ ...event(timerSetSubject(owner), data), traceparent });
      const fired = await firingOf(owner, key);
      expect(fired.data.fired_at >= fire_at, fired.data.fired_at).to.equal(true);
      expect(fired.traceparent).to.equal(traceparent);
    });
  }

  for (const thief of publishingTimerOwners) {
    it(`the stolen login ${owners[thief].user} cannot end, move or cancel a deadline of another service`, async () => {
      const stolen = await as(owners[thief].user);
      for (const owner of publishingTimerOwners.filter((one) => one !== thief)) {
        const key = `of-a-test:${newId()}`;
        const fire_at = new Date().toISOString();
        const set = { ...scope, key, revision: 1, fire_at, payload: owners[owner].payload() };
        const forged = { ...set, owner, revision: HIGHEST_REVISION, fire_at: '2999-01-01T00:00:00Z' };
        const source = timerOwnerSources[owner];
        for (const type of [
          timerSetSubject(owner),
          timerCancelledSubject(owner),
          formerTimerSetSubject,
          formerTimerCancelledSubject,
        ])
          expect(await codeOf(stolen, { ...event(type, forged), source }), type).to.equal('INTERNAL');
        // On its own subjects it says in vain whose timer it means.
        await stolen.publish({ ...event(timerSetSubject(thief), forged), source });
        await stolen.publish({ ...event(timerCancelledSubject(thief), forged), source });
        // The scheduler stores what comes later in the stream later, and the forged revision would outrank this one.
        await (await as(owners[owner].user)).publish(event(timerSetSubject(owner), set));
        expect((await firingOf(owner, key)).data).to.include({ owner, revision: 1, fire_at });
      }
    });
  }

  it('the stolen login of the scheduler cannot end a wait, a question, an e-mail or a mission before its time', async () => {
    const api = new Api(running);
    const wait_for = { kind: 'webhook', reference: newId(), timeout_hours: 1 };
    const waiting = await api.mission({ tasks: [{ title: 'A call back', wait_for }] });
    const mission_id = waiting.id;
    const untouched = await api.mission({ tasks: [{ title: 'Buy three balls' }] });
    const question = await expectStatus(
      201,
      api.post(`missions/${mission_id}/input-requests`, { ...YES_OR_NO, default_option: 'yes' }),
    );
    const mail = { user_id: 'ada', mission_id, to: ['sarah@example.com'], subject: 'Dinner', body: 'When?' };
    const email = await expectStatus(201, api.post('emails', { ...mail, expect_reply: true }));
    const lifetimeMs = untouched.max_lifetime_hours * 3_600_000;
    const lifeDeadline = new Date(Date.parse(untouched.created_at) + lifetimeMs).toISOString();

    const about = { customer_id: api.customer, user_id: 'ada', mission_id };
    const due = (owner: PublishingTimerOwner, key: string, fire_at: string, payload: object, of = mission_id) => {
      const data = { ...about, mission_id: of, owner, key, revision: 1, fire_at, fired_at: fire_at, payload };
      return event(timerSubject(owner), data, { ...about, mission_id: of });
    };
    const stolen = await as('scheduler');
    const isSet = (one: EventEnvelope) => one.type === timerSetSubject('mission') && one.mission_id === mission_id;
    const { data: wait } = await waitUntil(() => observed.find(isSet), { what: 'the deadline of the wait' });
    const forged = [
      due('mission', wait.key, wait.fire_at, wait.payload),
      due('mission', timerKey.life(untouched.id), lifeDeadline, { life: true }, untouched.id),
      due('approval', timerKey.inputRequest('expire', question.id), question.expires_at, {
        request_id: question.id,
        kind: 'expire',
      }),
      due('email', timerKey.email(email.id), email.expires_at, { tracking_id: email.id }),
    ];
    for (const one of forged) await stolen.publish(one);
    const admin = await connectAdmin(running.servers.natsUrlFor(OPERATOR));
    try {
      for (const owner of publishingTimerOwners) {
        const own = forged.filter(({ type }) => type === timerSubject(owner)).length;
        await waitUntil(
          async () => {
            const { consumers = [] } = (await admin.streams()).find(({ stream }) => stream === 'SCHEDULER') ?? {};
            const it = consumers.find(({ consumer }) => consumer === owners[owner].user);
            return it && (it.redelivered >= own || it.pending + it.ack_pending === 0);
          },
          { what: `${owner} having refused the forged events, which come again, or having handled them` },
        );
      }
    } finally {
      await admin.close();
    }
    const { blockers } = await missionOf(api, mission_id);
    expect(blockers.map(({ kind }: { kind: string }) => kind)).to.have.members([
      'webhook',
      'human_input',
      'email_reply',
    ]);
    expect(await missionOf(api, untouched.id)).to.include({ needs_attention: false, version: untouched.version });
    const asked = await expectStatus(200, api.get(`missions/${mission_id}/input-requests/${question.id}`));
    expect([asked.status, asked.response]).to.deep.equal(['pending', null]);
    expect((await expectStatus(200, api.get(`emails/${email.id}`))).status).to.be.oneOf(['queued', 'awaiting_reply']);
  });

  it('only the scheduler may publish firings, and it may publish nothing of another service', async () => {
    const scheduler = await as('scheduler');
    for (const owner of publishingTimerOwners) {
      const bus = await as(owners[owner].user);
      for (const other of publishingTimerOwners)
        expect(await codeOf(bus, event(timerSubject(other))), `${owner}: ${other}`).to.equal('INTERNAL');
      for (const subject of [timerSetSubject(owner), timerCancelledSubject(owner)])
        expect(await codeOf(scheduler, event(subject)), subject).to.equal('INTERNAL');
    }
    for (const subject of ['mission.created', 'approval.responded', formerTimerSetSubject])
      expect(await codeOf(scheduler, event(subject)), subject).to.equal('INTERNAL');
  });
});
