import { expect } from 'chai';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import { type Program, program } from '@missions/test-support/program.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer } from '../mail/messages.ts';
import { type MailEnvironment, openMailEnvironment } from '../mail/mail-environment.ts';
import { post } from '../mail/post.ts';
import { expectStatus, isActiveAgain } from './client.ts';

const MAILS = 40;

/** Each service may run in several copies. */
describe('two copies of the email-bridge', () => {
  let environment: MailEnvironment;
  let copy: Program;
  let copyPort: number;

  before(async () => {
    environment = await openMailEnvironment();
    const { product, servers, database, receiver } = environment;
    copyPort = await freePort();
    const env = {
      NODE_ENV: 'production',
      NATS_URL: servers.natsUrlFor('email-bridge'),
      ...callerKeyEnv('email-bridge'),
      DATABASE_URL: database.urlFor('email_bridge'),
      SMTP_URL: receiver.url,
      INBOUND_SMTP_PORT: String(copyPort),
      INBOUND_SMTP_CONNECTIONS_PER_ADDRESS: '100',
    };
    copy = await program({
      name: 'email-bridge-2',
      script: 'services/email-bridge/main.ts',
      env: (port) => ({ ...env, HEALTH_PORT: String(port) }),
      folder: product.folder,
    });
    await copy.start();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed')
      console.error(`${environment?.product.logs()}\n── the copy\n${copy?.logTail(30)}`);
  });
  after(async () => {
    if (copy?.running) await copy.stop();
    await environment?.close();
  });

  it(`${MAILS} mails are each sent once, and a reply that both copies receive counts once`, async () => {
    const { api, product, receiver, rows } = environment;
    const write = async (at: number) => {
      const mission = await api.mission({});
      return {
        mission,
        mail: await expectStatus(
          201,
          api.post('emails', {
            user_id: 'ada',
            mission_id: mission.id,
            to: [`sarah${at}@example.com`],
            subject: 'When?',
            body: 'When?',
            expect_reply: true,
          }),
        ),
      };
    };
    const all = await Promise.all(Array.from({ length: MAILS }, (_, at) => write(at)));
    await waitUntil(
      async () => (await rows(`select id from email_bridge.message where status <> 'sent'`)).length === 0,
      { what: 'all mail sent' },
    );
    expect(receiver.taken.map(({ to }) => to.join()).toSorted()).to.deep.equal(
      all.map(({ mail }) => String(mail.to[0])).toSorted(),
    );
    // Both copies sent messages.
    for (const one of [product['email-bridge'], copy])
      expect(one.logTail(500)).to.contain('offered a message to the mail server');

    await Promise.all(
      all.flatMap(({ mail }) => {
        const message = answer(mail, mail.to[0], 'Tuesday.');
        return [product.smtpPort, copyPort].map((port) => post(port, message));
      }),
    );
    for (const { mission } of all) await isActiveAgain(api, mission.id);
    const counts = await rows(
      'select count(*)::int as replies, count(distinct email_id)::int as answered from email_bridge.reply',
    );
    expect(counts).to.deep.equal([{ replies: MAILS, answered: MAILS }]);
    const events = await rows(
      `select type, count(*)::int as times from email_bridge.outbox where type like 'email.%' group by type order by type`,
    );
    expect(events).to.deep.equal(
      ['email.all_replied', 'email.replied', 'email.sent'].map((type) => ({ type, times: MAILS })),
    );
  });

  it('one copy continues when the other stops', async () => {
    const { api, receiver } = environment;
    await environment.product['email-bridge'].stop();
    const { to } = await expectStatus(
      201,
      api.post('emails', { user_id: 'ada', to: ['late@example.com'], subject: 'Still there?', body: 'Are you?' }),
    );
    await waitUntil(() => receiver.to(to[0]).length === 1, { what: 'the mail' });
  });
});
