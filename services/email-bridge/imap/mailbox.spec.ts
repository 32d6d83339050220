import { openDatabase } from '@missions/persistence/database.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import { Dovecot, dovecotOrSkip } from '../testing/dovecot.ts';
import { mail, requested, type ServiceUnderTest, startServiceUnderTest } from '../testing/service.ts';
import { startListener } from '../smtp/listener.ts';
import { type Mailbox, type MailboxOptions, startMailbox } from './mailbox.ts';

const WITHIN = { withinMs: 10_000, everyMs: 20 };

describe('a mailbox that is followed', function () {
  this.timeout(40_000);
  let dovecot: Dovecot;
  let bridge: ServiceUnderTest;
  const open: Mailbox[] = [];

  before(async function () {
    dovecot = await dovecotOrSkip(this);
    bridge = await startServiceUnderTest();
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
    // The next test finds a mailbox with messages that nobody has read.
    await bridge.db.pool.query('delete from mailbox_cursor');
  });
  after(async () => {
    await bridge?.stop();
    await dovecot?.stop();
  });

  /** Within a test nothing is seen by looking regularly, nor by asking a silent server whether it lives, unless it says so. */
  const follow = (over: Partial<MailboxOptions> = {}): Mailbox => {
    const mailbox = startMailbox({
      context: bridge.context,
      url: dovecot.url,
      sweepMs: 300_000,
      pauseMs: 20,
      socketMs: 60_000,
      ...over,
    });
    open.push(mailbox);
    return mailbox;
  };
  const following = async (mailbox: Mailbox): Promise<Mailbox> => {
    await waitUntil(() => mailbox.state() === 'following', { ...WITHIN, what: 'following' });
    return mailbox;
  };
  async function awaited() {
    const asked = mail(new Date());
    await bridge.hear(requested(asked));
    const { reply_to } = await bridge.ask('get', { tracking_id: asked.id });
    const replies = async (): Promise<any[]> => (await bridge.ask('get', { tracking_id: asked.id }))['replies'];
    return {
      reply_to,
      replies,
      has: (count: number) =>
        waitUntil(async () => (await replies()).length === count, { ...WITHIN, what: `${count} replies` }),
    };
  }
  const answer = (to: string, text = 'Tuesday at ten.', from = 'sarah@example.com'): string =>
    `From: Sarah Miller <${from}>\r\nTo: ${to}\r\nSubject: Re: budget\r\nMessage-ID: <${newId()}@example.com>\r\n\r\n${text}\r\n`;
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
      ...WITHIN,
      everyMs: 50,
      what: 'the cursor at the newest',
    });

  it('gives a reply as soon as the server tells of it, and leaves it unread', async () => {
    const { reply_to, replies, has } = await awaited();
    await following(follow());
    await caughtUp();
    await dovecot.deliver(answer(reply_to), reply_to);
    await has(1);
    expect((await replies())[0].untrusted.snippet).to.equal('Tuesday at ten.');
    const { uid, seen, validity } = await newest();
    expect(seen).to.equal(false);
    expect(await cursor()).to.deep.equal({ uidvalidity: validity, last_uid: uid });
  });

  it('finds what came while nobody followed', async () => {
    const { reply_to, replies, has } = await awaited();
    await (await following(follow())).stop();
    for (const text of ['one', 'two', 'three']) await dovecot.deliver(answer(reply_to, text), reply_to);
    expect(await replies()).to.have.lengthOf(0);
    follow();
    await has(3);
  });

  it('finds what the server does not tell', async () => {
    const { reply_to, has } = await awaited();
    const silent = await proxy(dovecot.imapPort, (text) => !/^\* \d+ (EXISTS|RECENT)\r\n/.test(text));
    await following(follow({ url: silent.url, sweepMs: 100 }));
    await caughtUp();
    await dovecot.deliver(answer(reply_to), reply_to);
    await has(1);
    silent.close();
  });

  it('has one reply of a message that comes three times each way at once', async () => {
    const { reply_to, replies, has } = await awaited();
    const listener = await startListener({ context: bridge.context, port: 0, host: '127.0.0.1' });
    await following(follow());
    const raw = answer(reply_to);
    const client = createTransport({ host: '127.0.0.1', port: listener.port, ignoreTLS: true });
    await Promise.all(
      [1, 2, 3].flatMap(() => [
        client.sendMail({ envelope: { from: 'sarah@example.com', to: reply_to }, raw }),
        dovecot.deliver(raw, reply_to),
      ]),
    );
    await caughtUp();
    await has(1);
    expect(await replies()).to.have.lengthOf(1);
    client.close();
    await listener.stop();
  });

  it('reads again what got new numbers, and has nothing twice', async () => {
    const { reply_to, has, replies } = await awaited();
    const mailbox = await following(follow());
    await dovecot.deliver(answer(reply_to, 'before'), reply_to);
    await has(1);
    const before = await cursor();
    await dovecot.renumber();
    await dovecot.deliver(answer(reply_to, 'after'), reply_to);
    await has(2);
    expect((await cursor())?.uidvalidity).not.to.equal(before?.uidvalidity);
    await caughtUp();
    expect((await replies()).map(({ untrusted }) => untrusted.snippet)).to.have.members(['after', 'before']);
    expect(mailbox.state()).to.equal('following');
  });

  it('follows again when the server was away', async () => {
    const { reply_to, has } = await awaited();
    const mailbox = await following(follow());
    await dovecot.away(() => waitUntil(() => mailbox.state() === 'away', WITHIN).then(() => {}));
    await dovecot.deliver(answer(reply_to), reply_to);
    await has(1);
    mailbox.check();
  });

  it('notices a server that says nothing more', async () => {
    const { reply_to, has } = await awaited();
    const line = await proxy(dovecot.imapPort);
    const mailbox = await following(follow({ url: line.url, socketMs: 300, sweepMs: 100 }));
    await caughtUp();
    line.freeze();
    await waitUntil(() => mailbox.state() === 'away', WITHIN);
    line.thaw();
    await dovecot.deliver(answer(reply_to), reply_to);
    await has(1);
    line.close();
  });

  it('passes over a message that cannot be taken in, when it has tried', async () => {
    const { reply_to, has } = await awaited();
    let tried = 0;
    let poisoned = false;
    const context = {
      ...bridge.context,
      newId() {
        if (!poisoned) return newId();
        tried += 1;
        return 'no uuid';
      },
    };
    await following(follow({ context, tries: 3 }));
    await caughtUp();
    poisoned = true;
    await dovecot.deliver(answer(reply_to, 'poison'), reply_to);
    await caughtUp();
    expect(tried).to.equal(3);
    poisoned = false;
    await dovecot.deliver(answer(reply_to, 'good'), reply_to);
    await has(1);
  });

  it('passes nothing over while the database is what fails', async () => {
    const { reply_to, has } = await awaited();
    const hasty = await openDatabase({ ...bridge.db.options, statementTimeoutMs: 200 });
    const mailbox = await following(follow({ tries: 1, context: { ...bridge.context, db: hasty } }));
    await caughtUp();
    const before = await cursor();
    const blocker = await bridge.db.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table email in access exclusive mode');
    await dovecot.deliver(answer(reply_to), reply_to);
    await waitUntil(() => mailbox.state() === 'away', WITHIN);
    expect(await cursor()).to.deep.equal(before);
    await blocker.query('rollback');
    blocker.release();
    await has(1);
    await mailbox.stop();
    await hasty.close();
  });

  it('is followed by one copy, and by another when that one leaves', async () => {
    const { reply_to, has } = await awaited();
    const first = await following(follow());
    const second = follow({ sweepMs: 100 });
    await waitUntil(() => second.state() === 'standing by', WITHIN);
    await first.stop();
    await following(second);
    await dovecot.deliver(answer(reply_to), reply_to);
    await has(1);
  });

  it('reads of a long message what fits', async () => {
    const { reply_to, replies, has } = await awaited();
    await following(follow({ maxBytes: 2_000 }));
    await dovecot.deliver(answer(reply_to, `Tuesday.\r\n${'x '.repeat(50_000)}`), reply_to);
    await has(1);
    expect((await replies())[0].untrusted.body_text.length).to.be.below(2_000);
  });

  it('says what is wrong, goes on trying, and can be stopped', async () => {
    const mailbox = follow({ url: dovecot.url.replace('secret', 'wrong') });
    await waitUntil(() => mailbox.state() === 'away', WITHIN);
    await mailbox.stop();
  });
});

/** Between us and the server: what `passes` refuses is swallowed, and the line can go dead without being closed. */
async function proxy(port: number, passes: (text: string) => boolean = () => true) {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((client) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, far],
      [far, client],
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
