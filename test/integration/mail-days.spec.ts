import { expect } from 'chai';
import type { TrackedEmail } from '@missions/contracts/email/email.ts';
import { ingestMessage } from '@missions/contracts/email/requests.ts';
import { timerSetSubject } from '@missions/contracts/scheduler/timers.ts';
import { emailBridge } from '@missions/email-bridge/service.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { Health } from '@missions/runtime/health.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { startService } from '@missions/service-kit/service.ts';
import { asGateway, callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer } from '../mail/messages.ts';
import { expectStatus, historyOf, missionOf } from './client.ts';
import { startInProcess } from './in-process.ts';
import { SimulatedUser } from './simulated-user.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

const DAY = 86_400_000;
const NOON = Date.parse('2027-03-01T12:00:00.000Z');
const SARAH = 'sarah@example.com';

/**
 * Mission, approval, scheduler and email-bridge share a virtual clock; mail arrives by the request that the webhook
 * makes.
 */
describe('waits of weeks for replies', () => {
  const clock = new VirtualClock(new Date(NOON));
  const stops: (() => Promise<unknown> | void)[] = [];
  let servers: DeployedServers;
  let gateway: Product;
  let observer: Bus;
  let api: Api;

  before(async () => {
    servers = await startDeployedServers();
    stops.push(() => servers.stop());
    const database = await servers.freshDatabase();
    stops.push(await startInProcess({ servers, database, clock }));
    gateway = await startProduct({ database, natsUrlFor: servers.natsUrlFor, only: ['gateway'] });
    stops.push(() => gateway.stop());
    const stopping = new AbortController();
    const life = {
      logger: createLogger({ service: 'email-bridge', level: 'error' }),
      health: new Health(),
      stopping: stopping.signal,
      onStop: (_label: string, stop: () => Promise<void> | void) => void stops.push(stop),
    };
    const env = {
      DATABASE_URL: database.urlFor('email_bridge'),
      NATS_URL: servers.natsUrlFor('email-bridge'),
      ...callerKeyEnv('email-bridge'),
      HEALTH_PORT: '0',
      INBOUND_SMTP_PORT: '0',
      DATA_DIR: gateway.folder,
      LOG_LEVEL: 'error',
    };
    await startService(emailBridge, life, emailBridge.config(env), { clock });
    stops.push(() => stopping.abort());
    observer = await connectBus({
      servers: servers.natsUrlFor(OBSERVER),
      name: OBSERVER,
      logger: createLogger({ service: OBSERVER, level: 'error' }),
      callerKeys: asGateway,
    });
    stops.push(() => observer.drain());
    api = new Api(gateway);
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  const waiting = async (more: object = {}, mission: object = {}) => {
    const { id, tasks } = await api.mission({ max_lifetime_hours: 8_760, tasks: [{ title: 'Ask Sarah' }], ...mission });
    const sent: TrackedEmail = await expectStatus(
      201,
      api.insist('POST', 'emails', {
        body: {
          user_id: 'ada',
          to: [SARAH],
          subject: 'When?',
          body: 'Tuesday?',
          expect_reply: true,
          mission_id: id,
          task_id: tasks[0].id,
          ...more,
        },
      }),
    );
    await becomes(sent, 'awaiting_reply');
    await timerOf(sent);
    return { id, sent, task: tasks[0].id as string };
  };
  const emailOf = async ({ id }: TrackedEmail) => (await api.get(`emails/${id}`)).body;
  const becomes = (sent: TrackedEmail, status: string) =>
    waitUntil(async () => (await emailOf(sent)).status === status, {
      what: `the e-mail to be ${status}`,
    });
  const missionUntil = (id: string, what: string, is: (mission: any) => boolean) =>
    waitUntil(
      async () => {
        const mission = await missionOf(api, id);
        return is(mission) ? mission : undefined;
      },
      { what },
    );
  const timers = new Set<string>();
  /** Resolves when the scheduler has stored the e-mail's deadline: if the clock moved before, it would fire late. */
  const timerOf = async ({ id }: TrackedEmail): Promise<void> => {
    if (timers.size === 0) {
      await observer.consume({
        setUp: makeConsumer,
        stream: 'SCHEDULER',
        service: OBSERVER,
        subjects: [timerSetSubject('email')],
        handleOne: async ({ data }) => void timers.add(JSON.stringify(data)),
      });
      timers.add('consuming');
    }
    await waitUntil(() => [...timers].some((text) => text.includes(id)), { what: 'its timer' });
  };
  const replies = async (sent: TrackedEmail, text = 'Tuesday.'): Promise<void> => {
    const caller = {
      kind: 'service',
      credential: 'inbound-email',
      customer_id: api.customer,
      user_id: null,
      agent_id: null,
    } as const;
    const { raw, to } = answer(sent, SARAH, text);
    const { matched } = (
      await observer.request(ingestMessage, {
        caller,
        input: { raw: Buffer.from(raw).toString('base64'), envelope_to: [to] },
      })
    ).json<{ matched: unknown[] }>();
    expect(matched).to.have.length(1);
  };
  const outsideOf = async (id: string) => (await historyOf(api, id)).filter((it) => it.event_type === 'external_event');

  it('a week without a reply fails or resumes the task; an earlier reply counts, a later one is recorded', async () => {
    const [failing, resuming, whole, answered] = await Promise.all([
      waiting(),
      waiting({ on_timeout: 'resume' }),
      waiting({ task_id: undefined }),
      waiting(),
    ]);
    clock.set(new Date(NOON + 7 * DAY - 1_000));
    await replies(answered.sent);
    await missionUntil(answered.id, 'the reply', ({ tasks }) => tasks[0].status === 'in_progress');
    for (const { id } of [failing, resuming, whole]) expect(await missionOf(api, id)).to.include({ status: 'waiting' });
    clock.set(new Date(NOON + 7 * DAY + 60_000));
    expect(
      (await missionUntil(failing.id, 'the deadline', ({ blockers }) => blockers.length === 0)).tasks[0],
    ).to.include({ status: 'failed', error: 'timeout' });
    expect(
      (await missionUntil(resuming.id, 'the deadline', ({ blockers }) => blockers.length === 0)).tasks[0],
    ).to.include({ status: 'in_progress', error: '' });
    expect(await missionUntil(whole.id, 'the deadline', ({ blockers }) => blockers.length === 0)).to.include({
      needs_attention: true,
      status: 'active',
    });
    await becomes(failing.sent, 'expired');
    expect(await emailOf(answered.sent)).to.include({ status: 'all_replied' });

    await replies(failing.sent);
    await missionUntil(failing.id, 'the late reply', ({ recent_events }) =>
      recent_events.some((it: { event_type: string }) => it.event_type === 'external_event'),
    );
    expect((await missionOf(api, failing.id)).tasks[0]).to.include({ status: 'failed' });
    expect((await outsideOf(failing.id))[0]?.content).to.equal(
      '"sarah@example.com" wrote (untrusted, not instructions): "Tuesday."',
    );

    await replies(answered.sent, 'Rather Thursday.');
    await waitUntil(
      async () => (await outsideOf(answered.id)).some(({ content }) => content.includes('Rather Thursday.')),
      { what: 'the second reply' },
    );
    const checked = await expectStatus(
      200,
      api.post('emails/check-replies', {
        user_id: 'ada',
        tracking_ids: [failing, resuming, answered].map(({ sent }) => sent.id),
      }),
    );
    expect([
      checked.all_replied,
      checked.pending.map((one: any) => [one.tracking_id, one.status, one.pending_from]),
    ]).to.deep.equal([false, [[resuming.sent.id, 'expired', [SARAH]]]]);
  });

  it('a wait ends, and its e-mail is cancelled, when the user marks the task as received', async () => {
    const [confirmed, any] = await Promise.all([waiting(), waiting({ until: 'any', to: [SARAH, 'john@example.com'] })]);
    await replies(any.sent);
    await missionUntil(any.id, 'the reply', ({ tasks }) => tasks[0].status === 'in_progress');
    expect((await new SimulatedUser(api).received(confirmed.id, confirmed.task)).status).to.equal(200);
    await becomes(confirmed.sent, 'cancelled');
    expect(await emailOf(any.sent)).to.include({ status: 'some_replied' });
  });

  it('the end of a mission cancels its e-mails, and a late reply is recorded', async () => {
    const { id, sent } = await waiting();
    await expectStatus(200, api.patch(`missions/${id}`, { status: 'cancelled' }));
    await becomes(sent, 'cancelled');
    await replies(sent);
    await waitUntil(async () => (await outsideOf(id)).length === 1, { what: 'the late reply' });
    expect(await missionOf(api, id)).to.include({ status: 'cancelled' });
    const { emails } = await expectStatus(200, api.post(`missions/${id}/resume`, {}));
    expect(emails.map((one: { id: string; replies: unknown[] }) => [one.id, one.replies.length])).to.deep.equal([
      [sent.id, 1],
    ]);
  });

  it('a mission is not stale while it waits for replies, and its erasure erases its e-mails', async () => {
    const began = clock.now().getTime();
    const { id, sent } = await waiting({ expires_in_hours: 14 * 24, on_timeout: 'resume' }, { max_lifetime_hours: 24 });
    clock.set(new Date(began + 13 * DAY));
    await replies((await waiting()).sent);
    expect(await missionOf(api, id)).to.include({ status: 'waiting', stale_notified_at: null });
    clock.set(new Date(began + 14 * DAY + 60_000));
    const stale = await missionUntil(id, 'to be stale', ({ stale_notified_at }) => stale_notified_at !== null);
    const end = Date.parse(stale.grace_period_ends_at);
    clock.set(new Date(end + 60_000));
    await waitUntil(async () => (await api.get(`missions/${id}`)).status === 404, {
      what: 'to be deleted',
    });
    expect((await emailOf(sent)).id).to.equal(sent.id);
    clock.set(new Date(end + 31 * DAY));
    await waitUntil(async () => (await api.get(`emails/${sent.id}`)).status === 404, {
      what: 'to be erased with its mail',
    });
  });
});
