import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckedReplies, TrackedEmail, TrackedEmailDetail } from '@missions/contracts/email/email.ts';
import { checkReplies, ensureEmail, getEmail, sendEmail } from '@missions/contracts/email/requests.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { mayMail } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { isSwitchedOff } from '@missions/contracts/scheduler/runs.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { asGateway, standingInFor } from '@missions/test-support/caller-keys.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { refusal, type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { emailBridge, type EmailFaults } from './service.ts';
import { selfSigned } from './testing/certificate.ts';
import { type MailServer, startMailServer } from './testing/mail-server.ts';
import {
  emailRequestedEvent,
  missionErasedEvent,
  requestedEmail,
  timerFiredEvent,
  unblockedEvent,
} from './testing/bridge-under-test.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

const logger = createLogger({ service: 'spec', level: 'silent' });
const DAY = 24 * 3_600_000;
const PORT = 20_000 + (process.pid % 20_000);

/**
 * The service with the permissions that it is deployed with; the test plays the other services, with all permissions.
 */
const [SARAH, JOHN] = ['sarah@example.com', 'john@example.com'];

describe('the e-mail bridge', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let servers: DeployedServers;
  let databaseUrl: string;
  let otherServices: Bus;
  let gateway: Bus;
  let server: MailServer;
  const dataDir = mkdtempSync(join(tmpdir(), 'missions spec-'));
  const events: EventEnvelope[] = [];
  let running: RunningService | undefined;

  const start = async (env: Record<string, string> = {}, faults?: EmailFaults) => {
    running = await startInProcess(emailBridge, {
      databaseUrl,
      natsUrl: servers.natsUrlFor('email-bridge'),
      clock,
      faults,
      env: {
        SMTP_URL: server.url,
        DATA_DIR: dataDir,
        MAIL_DOMAIN: 'hub.example',
        INBOUND_SMTP_PORT: String(PORT),
        ...env,
      },
    });
  };
  const service: Caller = { kind: 'service', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };
  const read = async (id: string) =>
    (await gateway.request(getEmail, { caller: service, input: { tracking_id: id } })).json<TrackedEmailDetail>();
  const statusOf = (id: string) =>
    read(id).then(
      (email) => email.status,
      () => 'unknown',
    );
  const of = (id: string) => events.filter(({ data }) => data['tracking_id'] === id || data['key'] === `email:${id}`);
  const types = (id: string) => of(id).map((event) => event.type);
  const replyTo = (email: { reply_to: string }, from: string, over: object = {}) =>
    createTransport({ host: '127.0.0.1', port: PORT, ignoreTLS: true }).sendMail({
      from,
      to: email.reply_to,
      subject: 'Re: The Q1 budget',
      text: 'Tuesday at ten.',
      ...over,
    });

  before(async () => {
    servers = await startDeployedServers();
    databaseUrl = (await servers.freshDatabase({ services: ['email_bridge'] })).urlFor('email_bridge');
    server = await startMailServer();
    otherServices = await connectBus({
      servers: servers.natsUrlFor(OBSERVER),
      name: 'observer',
      logger,
      callerKeys: standingInFor('mission'),
    });
    await otherServices.serve('mission', [endpoint(mayMail, async () => ({ body: { state: 'active' } }))]);
    await otherServices.serve('scheduler', [endpoint(isSwitchedOff, async () => ({ body: { switched_off: false } }))]);
    gateway = await connectBus({
      servers: servers.natsUrlFor('gateway'),
      name: 'gateway',
      logger,
      callerKeys: asGateway,
    });
    await start();
    const handleOne = async (event: EventEnvelope) => void events.push(event);
    await otherServices.consume({ setUp: makeConsumer, stream: 'EMAIL', service: 'observer', handleOne });
    await otherServices.consume({
      setUp: makeConsumer,
      stream: 'SCHEDULER',
      service: 'observer',
      subjects: ['scheduler.*'],
      handleOne,
    });
  });
  after(async () => {
    await running?.stop();
    await Promise.all([otherServices?.drain(), gateway?.drain(), server?.stop()]);
    await servers?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('reports that it is ready', async () => {
    expect(await running?.health.report()).to.deep.equal({
      ready: true,
      checks: { database: 'ok', nats: 'ok', outbox: 'ok' },
    });
  });

  it('sends a requested e-mail, receives its replies by SMTP, and announces when everybody has replied', async () => {
    const requested = requestedEmail(clock.now());
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await otherServices.publish({ ...emailRequestedEvent(requested), traceparent });
    await waitUntil(async () => (await statusOf(requested.id)) === 'awaiting_reply');
    const sent = server.accepted.find(({ parsed }) => parsed.messageId?.includes(requested.id));
    const email = await read(requested.id);
    expect(sent?.parsed.replyTo?.[0]?.address).to.match(/^reply\+[a-z2-7]{26}@hub\.example$/);
    await replyTo(email, 'Sarah <sarah@example.com>');
    await replyTo(email, 'john@example.com');
    await waitUntil(() => of(requested.id).length === 6);
    expect(types(requested.id).toSorted()).to.deep.equal([
      'email.all_replied',
      'email.replied',
      'email.replied',
      'email.sent',
      'scheduler.timer_cancelled_email',
      'scheduler.timer_set_email',
    ]);
    const traces = of(requested.id).map(({ type, traceparent: of }) => `${type} ${of}`);
    expect(traces.filter((trace) => !trace.includes('0af7651916cd43dd8448eb211c80319c'))).to.deep.equal([]);
    const checked = (
      await gateway.request(checkReplies, { caller: service, input: { tracking_ids: [requested.id] } })
    ).json<CheckedReplies>();
    expect([checked.all_replied, checked.new_replies.map(({ from_address }) => from_address)]).to.deep.equal([
      true,
      ['john@example.com', 'sarah@example.com'],
    ]);
    const stranger = await replyTo({ reply_to: email.reply_to.replace('+', '+a') }, 'eve@evil.example').catch(
      (error: { responseCode: number }) => error.responseCode,
    );
    expect(stranger).to.equal(550);
  });

  it('treats the request and the event of an e-mail as one, and cancels it with its wait', async () => {
    const requested = requestedEmail(clock.now());
    const [reply] = await Promise.all([
      gateway.request(ensureEmail, { caller: service, input: requested }),
      otherServices.publish(emailRequestedEvent(requested)),
    ]);
    expect(reply.json<TrackedEmail>().id).to.equal(requested.id);
    await otherServices.publish(unblockedEvent(requested));
    await waitUntil(async () => (await statusOf(requested.id)) === 'cancelled');
    await waitUntil(() => types(requested.id).includes('scheduler.timer_cancelled_email'));
    expect(types(requested.id).filter((type) => type === 'scheduler.timer_set_email')).to.have.lengthOf(1);
  });

  it('announces an e-mail of no mission, and its expiry after a week without a reply', async () => {
    const email = (
      await gateway.request(sendEmail, {
        caller: service,
        input: { to: ['sarah@example.com'], subject: 'Hello', body: 'Hello', expect_reply: true },
      })
    ).json<TrackedEmail>();
    await waitUntil(() => types(email.id).includes('email.sent'));
    expect(of(email.id).map(({ mission_id }) => mission_id)).to.deep.equal(['', '']);
    clock.advance(7 * DAY);
    await otherServices.publish(
      timerFiredEvent({
        ...requestedEmail(clock.now()),
        ...email,
        body: '',
        follow_up_of: null,
        reply_to_message_id: null,
        expires_at: email.expires_at ?? '',
      }),
    );
    await waitUntil(async () => (await statusOf(email.id)) === 'expired');
    await waitUntil(() => types(email.id).includes('email.expired'));
  });

  it('takes a message over STARTTLS with the certificate of its settings, which the client can verify', async () => {
    const { key, cert } = selfSigned('mail.hub.example');
    const files = { cert: join(dataDir, 'cert.pem'), key: join(dataDir, 'key.pem') };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
    await running?.stop();
    await start({ INBOUND_SMTP_TLS_CERT_FILE: files.cert, INBOUND_SMTP_TLS_KEY_FILE: files.key });
    try {
      const requested = requestedEmail(clock.now());
      await otherServices.publish(emailRequestedEvent(requested));
      await waitUntil(async () => (await statusOf(requested.id)) === 'awaiting_reply');
      const { reply_to: to } = await read(requested.id);
      const over = (tls: object) =>
        createTransport({ host: '127.0.0.1', port: PORT, secure: false, requireTLS: true, tls });
      const message = { from: SARAH, to, subject: 'Re: The Q1 budget', text: 'Tuesday at ten.' };
      await over({ ca: cert, servername: 'mail.hub.example' }).sendMail(message);
      expect((await read(requested.id)).replies.map(({ from_address }) => from_address)).to.deep.equal([SARAH]);
      const another = { ca: selfSigned('mail.hub.example').cert, servername: 'mail.hub.example' };
      expect(
        await over(another)
          .sendMail(message)
          .catch((error: { code: string }) => error.code),
      ).to.equal('ESOCKET');
    } finally {
      await running?.stop();
      await start();
    }
  });

  it('erases the e-mails of an erased mission', async () => {
    const requested = requestedEmail(clock.now());
    await otherServices.publish(emailRequestedEvent(requested));
    await waitUntil(async () => (await statusOf(requested.id)) === 'awaiting_reply');
    const { reply_to } = await read(requested.id);
    await otherServices.publish(missionErasedEvent(requested));
    await waitUntil(async () => (await statusOf(requested.id)) === 'unknown');
    expect(
      await replyTo({ reply_to }, 'sarah@example.com').catch((error: { responseCode: number }) => error.responseCode),
    ).to.equal(550);
    expect((await refusal(gateway.request(ensureEmail, { caller: service, input: requested }))).code).to.equal(
      'MISSION_NOT_FOUND',
    );
  });

  it('handles events that arrived while it was stopped, and loses nothing in a crash between two steps', async () => {
    await running?.stop();
    const requested = requestedEmail(clock.now());
    await otherServices.publish(emailRequestedEvent(requested));
    let crashes = 2;
    let deaths = 1;
    const afterPublish = () => {
      if (crashes-- > 0) throw new Error('crash');
    };
    const afterSend = () => {
      if (deaths-- > 0) throw new Error('crash');
    };
    await start({}, { afterPublish, afterSend });
    await waitUntil(() => deaths <= 0);
    clock.advance(DAY / 24);
    await waitUntil(async () => (await statusOf(requested.id)) === 'awaiting_reply');
    // The first recipient's copy is in doubt.
    const copies = server.accepted.filter(({ parsed }) => parsed.messageId?.includes(requested.id));
    expect(copies.map(({ to }) => to[0])).to.deep.equal([SARAH, SARAH, JOHN]);
    await waitUntil(() => of(requested.id).length === 2);
    expect(types(requested.id).toSorted()).to.deep.equal(['email.sent', 'scheduler.timer_set_email']);
  });

  it('writes messages into a folder if no mail server is set', async () => {
    await running?.stop();
    await start({ SMTP_URL: '' });
    const requested = requestedEmail(clock.now());
    await otherServices.publish(emailRequestedEvent(requested));
    await waitUntil(async () => (await statusOf(requested.id)) === 'awaiting_reply');
    expect(
      readdirSync(join(dataDir, 'outbox')).filter((name) => name.endsWith(`-${requested.id}.eml`)),
    ).to.have.lengthOf(1);
    const outbox = join(dataDir, 'outbox');
    expect(statSync(outbox).mode & 0o777, 'the mode of the folder').to.equal(0o700);
    for (const name of readdirSync(outbox)) expect(statSync(join(outbox, name)).mode & 0o777, name).to.equal(0o600);
  });

  it('may not publish the events of other services', async () => {
    const bridge = await connectBus({ servers: servers.natsUrlFor('email-bridge'), name: 'email-bridge', logger });
    const requested = requestedEmail(clock.now());
    expect((await refusal(bridge.publish(emailRequestedEvent(requested)))).code).to.equal('INTERNAL');
    expect((await refusal(bridge.publish(timerFiredEvent(requested)))).code).to.equal('INTERNAL');
    await bridge.drain();
  });

  it('dead-letters an event without a whole e-mail, and handles the next one', async () => {
    const deadLetters: string[] = [];
    const unsubscribe = otherServices.subscribe('deadletter.*', ({ subject }) => deadLetters.push(subject));
    await otherServices.flush();
    const bad = requestedEmail(clock.now());
    const good = requestedEmail(clock.now());
    await otherServices.publish({ ...emailRequestedEvent(bad), data: { mail: { id: bad.id } } });
    await otherServices.publish(emailRequestedEvent(good));
    await waitUntil(async () => (await statusOf(good.id)) === 'awaiting_reply' && deadLetters.length === 1);
    expect(deadLetters).to.deep.equal(['deadletter.email-bridge']);
    unsubscribe();
  });
});
