import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import {
  type BridgeUnderTest,
  emailRequestedEvent,
  requestedEmail,
  startBridgeUnderTest,
} from '../testing/bridge-under-test.ts';
import { UnreadableMessage } from '../domain/incoming-message.ts';
import { type Dovecot, dovecotOrSkip } from '../testing/dovecot.ts';
import { imapLink, type ImapLink } from '../testing/imap-link.ts';
import { connectMailbox } from './connection.ts';
import { type Mailbox, startMailbox } from './mailbox.ts';

const DAY_MS = 24 * 3_600_000;

describe('IMAP mailbox, interrupted', () => {
  let dovecot: Dovecot;
  let bridge: BridgeUnderTest;
  let mailbox: Mailbox | undefined;
  let link: ImapLink | undefined;

  before(async function () {
    dovecot = await dovecotOrSkip(this);
    bridge = await startBridgeUnderTest();
  });
  afterEach(async () => {
    await mailbox?.stop();
    link?.close();
    await bridge.db.pool.query('delete from mailbox_cursor');
  });
  after(async () => {
    await bridge?.stop();
    await dovecot?.stop();
  });

  const follow = (url: string, context = bridge.context): void => {
    mailbox = startMailbox({ context, url, sweepMs: 300_000, retryMs: 1, socketTimeoutMs: 60_000 });
  };
  /** Opens the folder, at which the server numbers what it has found there. */
  async function uidNext(): Promise<number> {
    const timeouts = { maxIdleMs: 60_000, socketTimeoutMs: 60_000 };
    const { signal } = new AbortController();
    const client = await connectMailbox({ url: dovecot.url }, timeouts, { onChange() {}, signal });
    const { mailbox: opened } = client;
    client.close();
    return opened === false ? 0 : opened.uidNext;
  }
  async function emailAwaitingReplies() {
    const email = requestedEmail(new Date());
    await bridge.handle(emailRequestedEvent(email));
    const { reply_to } = await bridge.request('get', { tracking_id: email.id });
    const replies = async (): Promise<string[]> =>
      (await bridge.request('get', { tracking_id: email.id }))['replies'].map(
        (one: { untrusted: { snippet: string } }) => one.untrusted.snippet,
      );
    const message = (text: string): string =>
      `From: sarah@example.com\r\nTo: ${reply_to}\r\nMessage-ID: <${newId()}@example.com>\r\n\r\n${text}`;
    return {
      deliver: (text: string) => dovecot.deliver(message(text), reply_to),
      replies,
      hasReplies: (count: number) =>
        waitUntil(async () => (await replies()).length >= count, { what: `${count} replies` }),
    };
  }

  it('sets a message aside that cannot be read, and stores those behind it', async () => {
    const { deliver, replies, hasReplies } = await emailAwaitingReplies();
    for (const text of ['before', 'unreadable', 'after']) await deliver(text);
    const { readMessage } = bridge.context;
    follow(dovecot.url, {
      ...bridge.context,
      readMessage: (raw, ...rest) =>
        Buffer.from(raw).includes('unreadable')
          ? Promise.reject(new UnreadableMessage('no such charset'))
          : readMessage(raw, ...rest),
    });
    await hasReplies(2);
    expect(await replies()).to.have.members(['before', 'after']);
    const { rows } = await bridge.db.pool.query('select via, reason from unread_mail where set_aside_at is not null');
    expect(rows).to.deep.equal([{ via: 'imap', reason: 'no such charset' }]);
  });

  it('stores each reply once if the connection is cut before and within the answer to each command', async () => {
    const { deliver, replies, hasReplies } = await emailAwaitingReplies();
    for (const text of ['one', 'two', 'three']) await deliver(text);
    // The greeting is the answer to command 0.
    link = await imapLink(dovecot, (connection) => Math.floor(connection / 2));
    follow(link.url);
    await hasReplies(3);
    await waitUntil(() => link?.cutCommands.includes('IDLE'), { what: 'the cut of IDLE' });
    expect(await replies()).to.have.members(['one', 'two', 'three']);
    expect(link.cutCommands).to.include.members(['(greeting)', 'AUTHENTICATE', 'EXAMINE', 'UID SEARCH', 'UID FETCH']);
  });

  it('fetches no old message of 10,000, also if the first read is cut or the UIDs are assigned anew', async () => {
    const { deliver, replies, hasReplies } = await emailAwaitingReplies();
    await dovecot.fill(10_000, new Date(Date.now() - 60 * DAY_MS));
    const firstNew = await uidNext();
    expect(firstNew).to.be.above(10_000);
    await dovecot.fill(150, new Date(Date.now() - DAY_MS));
    for (let n = 1; n <= 3; n++) await deliver(`new ${n}`);
    let cuts = 1;
    link = await imapLink(dovecot, (_, command) => (command === 'UID FETCH' && cuts-- > 0 ? 'here' : Infinity));
    follow(link.url);
    await hasReplies(3);
    expect(link.cutCommands).to.deep.equal(['UID FETCH']);
    expect(link.fetched.filter((uid) => uid > firstNew - 10_000 && uid < firstNew)).to.deep.equal([]);
    expect(link.fetched).to.have.lengthOf.below(170);
    expect(link.commands.length - link.fetched.length).to.be.below(30);
    expect(link.bytes()).to.be.below(200_000);

    const read = link.fetched.length;
    await mailbox?.stop();
    await dovecot.renumber();
    // The server assigns UIDs when somebody looks, and must not do so in two processes at once.
    await uidNext();
    await deliver('new 4');
    follow(link.url);
    await hasReplies(4);
    expect(await replies()).to.have.members(['new 1', 'new 2', 'new 3', 'new 4']);
    expect(link.fetched.length - read).to.be.below(170);
  });
});
