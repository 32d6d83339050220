import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type Dovecot, dovecotOrSkip } from '@missions/email-bridge/testing/dovecot.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { OBSERVER } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer, bounceNotice, type Message, outOfOffice } from '../mail/messages.ts';
import { type MailEnvironment, openMailEnvironment } from '../mail/mail-environment.ts';
import { post } from '../mail/post.ts';
import { postToWebhook, INBOUND_SECRET } from '../mail/webhook.ts';
import { expectStatus, isActiveAgain, historyOf } from './client.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

const MISSIONS = 8;
const TIMES = 3;

/** One message that arrives several times and by several ways has one effect. */
describe('a repeated reply', () => {
  let environment: MailEnvironment;
  let dovecot: Dovecot;
  const observed: EventEnvelope<any>[] = [];
  const stops: (() => Promise<unknown>)[] = [];

  before(async function () {
    dovecot = await dovecotOrSkip(this);
    stops.push(() => dovecot.stop());
    environment = await openMailEnvironment({
      bridge: { IMAP_URL: dovecot.url },
      gateway: { INBOUND_EMAIL_SECRET: INBOUND_SECRET },
    });
    stops.push(() => environment.close());
    const observer = await connectBus({
      servers: environment.servers.natsUrlFor(OBSERVER),
      name: OBSERVER,
      logger: createLogger({ service: OBSERVER, level: 'error' }),
    });
    stops.push(() => observer.drain());
    await observer.consume({
      setUp: makeConsumer,
      stream: 'EMAIL',
      service: OBSERVER,
      handleOne: async (event) => void observed.push(event),
    });
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(environment?.product.logs());
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  it(`${TIMES} times by SMTP, IMAP and webhook at once: one reply, one event, one resume`, async () => {
    const { api, product, rows } = environment;
    const waiting = async (at: number) => {
      const mission = await api.mission({ tasks: [{ title: 'Hear them' }] });
      const to = ['sarah', 'john', 'mia'].map((name) => `${name}${at}@example.com`);
      const mail = await expectStatus(
        201,
        api.insist('POST', 'emails', {
          body: {
            user_id: 'ada',
            mission_id: mission.id,
            task_id: mission.tasks[0].id,
            to,
            subject: 'When?',
            body: 'When?',
            expect_reply: true,
          },
        }),
      );
      const [sarah = '', john = '', mia = ''] = to;
      return {
        mission,
        mail,
        messages: [
          outOfOffice(mail, sarah),
          answer(mail, sarah, 'Tuesday.'),
          bounceNotice(mail, mia),
          answer(mail, john, 'Tuesday too.'),
        ],
      };
    };
    const all = await Promise.all(Array.from({ length: MISSIONS }, (_, at) => waiting(at)));
    const deliver = async (message: Message): Promise<void> => {
      // A mail provider posts again what got no answer in time.
      const hooked = () =>
        waitUntil(async () => (await postToWebhook(api, message)).status === 200, { what: 'an answer to the webhook' });
      await Promise.all(
        Array.from({ length: TIMES }, () => [
          post(product.smtpPort, message),
          dovecot.deliver(message.raw, message.to),
          hooked(),
        ]).flat(),
      );
    };
    await Promise.all(all.flatMap(({ messages }) => messages).map(deliver));

    const inMailbox = MISSIONS * 4 * TIMES;
    await waitUntil(
      async () => (await rows('select last_uid::int from email_bridge.mailbox_cursor'))[0]?.last_uid >= inMailbox,
      { withinMs: 60_000, everyMs: 100, what: 'the whole mailbox read' },
    );
    for (const { mission } of all) await isActiveAgain(api, mission.id);
    const outboxes = ['mission', 'email_bridge']
      .map((schema) => `(select count(*) from ${schema}.outbox where published_at is null)::int`)
      .join(' + ');
    await waitUntil(async () => (await rows(`select ${outboxes} as left`))[0].left === 0, {
      what: 'publishing',
    });
    await waitUntil(() => observed.filter(({ type }) => type === 'email.all_replied').length >= MISSIONS, {
      what: 'the events',
    });

    for (const { mission, mail, messages } of all) {
      const stored = await rows('select message_id, kind from email_bridge.reply where email_id = $1', [mail.id]);
      expect(stored.map((one) => one.message_id)).to.have.members(messages.map((one) => one.id));
      expect(stored.map((one) => one.kind)).to.have.members(['auto_reply', 'reply', 'bounce', 'reply']);
      const types = observed.filter(({ data }) => data.tracking_id === mail.id).map(({ type }) => type);
      expect(types).to.have.members([
        'email.sent',
        'email.noted',
        'email.replied',
        'email.bounced',
        'email.replied',
        'email.all_replied',
      ]);
      const history = await historyOf(api, mission.id);
      expect(
        history.filter((entry) => entry.event_type === 'external_event'),
        'an absence note, two replies and a bounce',
      ).to.have.lengthOf(4);
      expect(
        history.filter((entry) => entry.event_type === 'unblocked'),
        'one resume',
      ).to.have.lengthOf(1);
      const returned = history.filter(
        ({ metadata }) =>
          metadata.task_status?.from === 'waiting_external' && metadata.task_status.to === 'in_progress',
      );
      expect(returned).to.have.lengthOf(1);
    }
    expect(observed.filter(({ id }, at) => observed.findIndex((one) => one.id === id) !== at)).to.deep.equal([]);
  });
});
