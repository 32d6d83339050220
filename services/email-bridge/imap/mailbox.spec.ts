import { openDatabase } from '@missions/persistence/database.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import { Dovecot, dovecotOrSkip } from '../testing/dovecot.ts';
import {
  requestedEmail,
  emailRequestedEvent,
  type BridgeUnderTest,
  startBridgeUnderTest,
} from '../testing/bridge-under-test.ts';
import { startListener } from '../smtp/listener.ts';
import { type Mailbox, type MailboxOptions, startMailbox } from './mailbox.ts';

describe('IMAP mailbox', () => {
  let dovecot: Dovecot;
  let bridge: BridgeUnderTest;
  const open: Mailbox[] = [];

  before(async function () {
    dovecot = await dovecotOrSkip(this);
    bridge = await startBridgeUnderTest();
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
    // Without a cursor, the next test reads the mailbox for the first time.
    await bridge.db.pool.query('delete from mailbox_cursor');
  });
  after(async () => {
    await bridge?.stop();
    await dovecot?.stop();
  });

  /**
   * The intervals are longer than a test, so that only the server's announcements cause a read; a test may shorten
   * them.
   */
  const follow = (over: Partial<MailboxOptions> = {}): Mailbox => {
    const mailbox = startMailbox({
      context: bridge.context,
      url: dovecot.url,
      sweepMs: 300_000,
      retryMs: 20,
      socketTimeoutMs: 60_000,
      ...over,
    });
    open.push(mailbox);
    return mailbox;
  };
  const following = async (mailbox: Mailbox): Promise<Mailbox> => {
    await waitUntil(() => mailbox.state() === 'following', { what: 'the mailbox to be followed' });
    return mailbox;
  };
  async function emailAwaitingReplies() {
    const email = requestedEmail(new Date());
    await bridge.handle(emailRequestedEvent(email));
    const { reply_to } = await bridge.request('get', { tracking_id: email.id });
    const replies = async (): Promise<any[]> => (await bridge.request('get', { tracking_id: email.id }))['replies'];
    return {
      reply_to,
      replies,
      hasReplies: (count: number) =>
        waitUntil(async () => (await replies()).length === count, { what: `${count} replies` }),
    };
  }
  const replyMessage = (to: string, text = 'Tuesday at ten.', from = 'sarah@example.com'): string =>
    [
      `From: Sarah Miller <${from}>`,
      `To: ${to}`,
      'Subject: Re: budget',
      `Message-ID: <${newId()}@example.com>`,
      '',
      `${text}\r\n`,
    ].join('\r\n');
  const cursor = async (): Promise<{ uidvalidity: string; last_uid: number } | undefined> =>
    (await bridge.db.pool.query('select uidvalidity::text, last_uid::int from mailbox_cursor')).rows[0];
  const newest = async (): Promise<{ uid: number; seen: boolean; validity: string }> => {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: dovecot.imapPort,
      secure: false,
      auth: { user: Dovecot.user, pass: Dovecot.password },
      logger: false,
    });
    await client.connect();
    const { uidValidity } = await client.mailboxOpen('INBOX', { readOnly: true });
    const last = await client.fetchOne('*', { uid: true, flags: true });
    await client.logout();
    return {
      uid: last === false ? 0 : last.uid,
      seen: last !== false && (last.flags?.has('\\Seen') ?? false),
      validity: String(uidValidity),
    };
  };

  const caughtUp = () =>
    waitUntil(async () => (await cursor())?.last_uid === (await newest()).uid, {
      everyMs: 50,
      what: 'the cursor to reach the newest message',
    });

  it('stores a reply when the server announces it, and leaves the message unread', async () => {
    const { reply_to, replies, hasReplies } = await emailAwaitingReplies();
    await following(follow());
    await caughtUp();
    await dovecot.deliver(replyMessage(reply_to), reply_to);
    await hasReplies(1);
    expect((await replies())[0].untrusted.snippet).to.equal('Tuesday at ten.');
    const { uid, seen, validity } = await newest();
    expect(seen).to.equal(false);
    expect(await cursor()).to.deep.equal({ uidvalidity: validity, last_uid: uid });
  });

  it('stores the replies that arrived while no replica followed', async () => {
    const { reply_to, replies, hasReplies } = await emailAwaitingReplies();
    await (await following(follow())).stop();
    for (const text of ['one', 'two', 'three']) await dovecot.deliver(replyMessage(reply_to, text), reply_to);
    expect(await replies()).to.have.lengthOf(0);
    follow();
    await hasReplies(3);
  });

  it('stores a reply that the server does not announce', async () => {
    const { reply_to, hasReplies } = await emailAwaitingReplies();
    const proxied = await proxy(dovecot.imapPort, (text) => !/^\* \d+ (EXISTS|RECENT)\r\n/.test(text));
    await following(follow({ url: proxied.url, sweepMs: 100 }));
    await caughtUp();
    await dovecot.deliver(replyMessage(reply_to), reply_to);
    await hasReplies(1);
    proxied.close();
  });

  it('stores one reply if its message arrives three times over SMTP and three times over IMAP', async () => {
    const { reply_to, replies, hasReplies } = await emailAwaitingReplies();
    const listener = await startListener({ context: bridge.context, port: 0, host: '127.0.0.1' });
    await following(follow());
    const raw = replyMessage(reply_to);
    const client = createTransport({ host: '127.0.0.1', port: listener.port, ignoreTLS: true });
    await Promise.all(
      [1, 2, 3].flatMap(() => [
        client.sendMail({ envelope: { from: 'sarah@example.com', to: reply_to }, raw }),
        dovecot.deliver(raw, reply_to),
      ]),
    );
    await caughtUp();
    await hasReplies(1);
    expect(await replies()).to.have.lengthOf(1);
    client.close();
    await listener.stop();
  });

  it('reads recent messages again after a new UIDVALIDITY, and stores none twice', async () => {
    const { reply_to, hasReplies, replies } = await emailAwaitingReplies();
    const mailbox = await following(follow());
    await dovecot.deliver(replyMessage(reply_to, 'before'), reply_to);
    await hasReplies(1);
    const before = await cursor();
    await dovecot.renumber();
    await dovecot.deliver(replyMessage(reply_to, 'after'), reply_to);
    await hasReplies(2);
    expect((await cursor())?.uidvalidity).not.to.equal(before?.uidvalidity);
    await caughtUp();
    expect((await replies()).map(({ untrusted }) => untrusted.snippet)).to.have.members(['after', 'before']);
    expect(mailbox.state()).to.equal('following');
  });

  it('follows again after the mail server was down', async () => {
    const { reply_to, hasReplies } = await emailAwaitingReplies();
    const mailbox = await following(follow());
    await dovecot.away(() => waitUntil(() => mailbox.state() === 'away').then(() => {}));
    await dovecot.deliver(replyMessage(reply_to), reply_to);
    await hasReplies(1);
    mailbox.check();
  });

  it('reconnects when the server stops responding', async () => {
    const { reply_to, hasReplies } = await emailAwaitingReplies();
    const proxied = await proxy(dovecot.imapPort);
    const mailbox = await following(follow({ url: proxied.url, socketTimeoutMs: 300, sweepMs: 100 }));
    await caughtUp();
    proxied.freeze();
    await waitUntil(() => mailbox.state() === 'away');
    proxied.thaw();
    await dovecot.deliver(replyMessage(reply_to), reply_to);
    await hasReplies(1);
    proxied.close();
  });

  it('skips a message that cannot be stored, after `maxAttempts` attempts', async () => {
    const { reply_to, hasReplies } = await emailAwaitingReplies();
    let attempts = 0;
    let poisoned = false;
    const context = {
      ...bridge.context,
      newId() {
        if (!poisoned) return newId();
        attempts += 1;
        return 'no uuid';
      },
    };
    await following(follow({ context, maxAttempts: 3 }));
    await caughtUp();
    poisoned = true;
    await dovecot.deliver(replyMessage(reply_to, 'poison'), reply_to);
    await caughtUp();
    expect(attempts).to.equal(3);
    poisoned = false;
    await dovecot.deliver(replyMessage(reply_to, 'good'), reply_to);
    await hasReplies(1);
  });

  it('skips no message while the database fails', async () => {
    const { reply_to, hasReplies } = await emailAwaitingReplies();
    const impatient = await openDatabase({ ...bridge.db.options, statementTimeoutMs: 200 });
    const mailbox = await following(follow({ maxAttempts: 1, context: { ...bridge.context, db: impatient } }));
    await caughtUp();
    const before = await cursor();
    const blocker = await bridge.db.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table email in access exclusive mode');
    await dovecot.deliver(replyMessage(reply_to), reply_to);
    await waitUntil(() => mailbox.state() === 'away');
    expect(await cursor()).to.deep.equal(before);
    await blocker.query('rollback');
    blocker.release();
    await hasReplies(1);
    await mailbox.stop();
    await impatient.close();
  });

  it('is followed by one replica, and by another one after the first has stopped', async () => {
    const { reply_to, hasReplies } = await emailAwaitingReplies();
    const first = await following(follow());
    const second = follow({ sweepMs: 100 });
    await waitUntil(() => second.state() === 'standing by');
    await first.stop();
    await following(second);
    await dovecot.deliver(replyMessage(reply_to), reply_to);
    await hasReplies(1);
  });

  it('reads the first `maxBytes` of a long message', async () => {
    const { reply_to, replies, hasReplies } = await emailAwaitingReplies();
    await following(follow({ maxBytes: 2_000 }));
    await dovecot.deliver(replyMessage(reply_to, `Tuesday.\r\n${'x '.repeat(50_000)}`), reply_to);
    await hasReplies(1);
    expect((await replies())[0].untrusted.body_text.length).to.be.below(2_000);
  });

  it('retries a refused login until it is stopped', async () => {
    const mailbox = follow({ url: dovecot.url.replace('secret', 'wrong') });
    await waitUntil(() => mailbox.state() === 'away');
    await mailbox.stop();
  });
});

/** A TCP proxy before the server: drops the server's chunks that `passes` refuses, and can freeze without closing. */
async function proxy(port: number, passes: (text: string) => boolean = () => true) {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('data', (chunk: Buffer) => {
        if (!frozen && (from === client || passes(chunk.toString()))) to.write(chunk);
      });
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `imap://${Dovecot.user}:${Dovecot.password}@127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze: () => void (frozen = true),
    thaw: () => void (frozen = false),
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
