import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { type BridgeUnderTest, requestedEmail, startBridgeUnderTest } from '../testing/bridge-under-test.ts';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';
import { type Listener, startListener } from './listener.ts';
import { smtpTransport } from './smtp-transport.ts';

const [SARAH, JOHN] = ['sarah@example.com', 'john@example.com'] as const;

/** Over SMTP in both directions: who answers is what the address says, and not what From says. */
describe('the sender of mail', () => {
  let bridge: BridgeUnderTest;
  let server: MailServer;
  let listener: Listener;
  before(async () => {
    bridge = await startBridgeUnderTest();
    server = await startMailServer();
    listener = await startListener({ context: bridge.context, port: 0, host: '127.0.0.1' });
    bridge.send({ transport: smtpTransport({ url: server.url }) });
  });
  after(async () => {
    await listener?.stop();
    await bridge?.stop();
    await server?.stop();
  });

  /** A sent e-mail, with the addresses for replies that Sarah and John were given. */
  async function sentEmail() {
    const requested = requestedEmail(new Date());
    await bridge.request('ensure', requested);
    const copies = () => server.accepted.filter(({ parsed }) => parsed.messageId?.includes(requested.id));
    await waitUntil(() => copies().length === 2);
    const addressOf = (recipient: string): string =>
      copies().find(({ to }) => to[0] === recipient)?.parsed.replyTo?.[0]?.address ?? '';
    const get = () => bridge.request('get', { tracking_id: requested.id });
    const { reply_to, message_id } = (await get()) as { reply_to: string; message_id: string };
    return {
      id: requested.id,
      message_id,
      common: reply_to,
      sarahs: addressOf(SARAH),
      johns: addressOf(JOHN),
      get,
      newest: async () => (await get())['replies'][0],
    };
  }

  async function deliver(to: string, from: string, raw: (string | string[])[]): Promise<void> {
    const client = createTransport({ host: '127.0.0.1', port: listener.port, ignoreTLS: true });
    await client.sendMail({ envelope: { from, to }, raw: `${raw.flat().join('\r\n')}\r\n` });
    client.close();
  }
  const writes = (to: string, from: string, above: string[] = [], envelopeFrom = from) =>
    deliver(to, envelopeFrom, [
      above,
      [`Message-ID: <${newId()}@example.com>`, `From: ${from}`, `To: ${to}`, 'Subject: Re: The Q1 budget'],
      ['', 'Tuesday at ten.'],
    ]);
  const bounces = (to: string, envelopeFrom: string, failed: string, original = '<unknown@example.com>') =>
    deliver(to, envelopeFrom, [
      ['From: MAILER-DAEMON@example.com', `To: ${to}`, `Message-ID: <${newId()}@example.com>`],
      ['Subject: Undelivered Mail Returned to Sender', 'MIME-Version: 1.0'],
      ['Content-Type: multipart/report; report-type=delivery-status; boundary="report"', ''],
      ['--report', 'Content-Type: text/plain', '', 'It could not be delivered.', ''],
      ['--report', 'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; mx.example.com', ''],
      [`Final-Recipient: rfc822; ${failed}`, 'Action: failed', 'Status: 5.1.1', ''],
      ['--report', 'Content-Type: text/rfc822-headers', '', `Message-ID: ${original}`, '', '--report--'],
    ]);

  it('is the recipient to whose own address it came, and an answer from another address says so', async () => {
    const email = await sentEmail();
    await writes(email.sarahs, 'sarah.at.home@elsewhere.example');
    expect(await email.get()).to.deep.include({ status: 'some_replied', received_from: [SARAH], pending_from: [JOHN] });
    expect(await email.newest()).to.deep.include({
      kind: 'reply',
      recipient: SARAH,
      from_address: 'sarah.at.home@elsewhere.example',
    });
    const [event] = (await bridge.eventsAbout(email.id)).filter(({ type }) => type === 'email.replied');
    expect(event?.data['reply']).to.deep.include({ recipient: SARAH });
  });

  it('cannot be another recipient: who writes to an own address answers as its owner', async () => {
    const email = await sentEmail();
    await writes(email.johns, SARAH);
    expect(await email.get()).to.deep.include({ received_from: [JOHN], pending_from: [SARAH] });
  });

  it('is told by From at the address that the API shows', async () => {
    const email = await sentEmail();
    await writes(email.common, SARAH);
    await writes(email.common, 'eve@evil.example');
    expect(await email.get()).to.deep.include({ received_from: [SARAH], pending_from: [JOHN] });
    expect(await email.newest()).to.deep.include({ kind: 'unattributed', recipient: null });
  });

  it('of two made-up bounces does not end the wait, and the mission is told', async () => {
    const email = await sentEmail();
    for (const failed of [SARAH, JOHN]) {
      await bounces(email.common, 'eve@evil.example', failed, email.message_id);
      await bounces(email.common, '', failed);
    }
    // John knows the Message-ID, and has an address of his own.
    await bounces(email.johns, '', SARAH, email.message_id);
    expect(await email.get()).to.deep.include({ status: 'awaiting_reply', bounced: [], pending_from: [SARAH, JOHN] });
    expect((await bridge.eventTypes(email.id)).slice(2)).to.deep.equal(Array(5).fill('email.noted'));
  });

  it("of a bounce counts if it is empty, and the report names our Message-ID or came to the recipient's own address", async () => {
    const email = await sentEmail();
    await bounces(email.sarahs, '', SARAH);
    expect(await email.get()).to.deep.include({ bounced: [SARAH], pending_from: [JOHN] });
    await bounces(email.common, '', JOHN, email.message_id);
    expect(await email.get()).to.deep.include({ status: 'bounced', bounced: [SARAH, JOHN] });
  });

  it('is nobody where DMARC failed by the trusted server, whatever a header below says', async () => {
    const email = await sentEmail();
    const results = (server: string, dmarc: string) =>
      `Authentication-Results: ${server}; spf=softfail smtp.mailfrom=x; dkim=none; dmarc=${dmarc} header.from=example.com`;
    const forged = [results('mx.hub.example', 'fail'), 'Received: from x by mx.hub.example'];
    await writes(email.sarahs, SARAH, [...forged, results('mx.hub.example', 'pass')]);
    expect(await email.get()).to.deep.include({ status: 'awaiting_reply', pending_from: [SARAH, JOHN] });
    expect(await email.newest()).to.deep.include({
      kind: 'unattributed',
      recipient: null,
      from_address: SARAH,
      authentication: { spf: 'softfail', dkim: 'none', dmarc: 'fail' },
    });
    expect(await bridge.eventTypes(email.id)).to.include('email.noted');
    // Anybody may write the results of another server.
    await writes(email.sarahs, SARAH, [results('mx.evil.example', 'fail')]);
    expect(await email.newest()).to.deep.include({ kind: 'reply', authentication: null });
    await writes(email.johns, JOHN, [results('mx.hub.example', 'pass')]);
    expect(await email.get()).to.deep.include({ status: 'all_replied' });
  });

  it('of an e-mail of the first version is told by From, and its Message-ID with a token still matches', async () => {
    const email = await sentEmail();
    const token = /\+(.*)@/.exec(email.common)?.[1] ?? '';
    const message_id = `<${email.id}.${token}@hub.example>`;
    await bridge.db.pool.query('delete from reply_address where email_id = $1', [email.id]);
    await bridge.db.pool.query('update message set message_id = $2 where id = $1', [email.id, message_id]);
    await bridge.db.pool.query('update email set message_id = $2 where id = $1', [email.id, message_id]);
    await bounces(email.common, '', SARAH, message_id);
    await writes(email.common, JOHN);
    expect(await email.get()).to.deep.include({ status: 'all_replied', bounced: [SARAH], received_from: [JOHN] });
    await bridge.receive({
      ...{ message_id: '<late@example.com>', from: { name: '', address: JOHN }, addressed_to: [], subject: 'Re' },
      ...{ kind: 'reply', failures: [], text: 'More', snippet: 'More', references: [message_id] },
      ...{ null_reverse_path: false, authentication: null, unnamed_failure: null, reading: [] },
    });
    expect((await email.get())['replies']).to.have.lengthOf(3);
  });
});
