import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { connect, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import {
  missionErasedEvent,
  emailRequestedEvent,
  type BridgeUnderTest,
  startBridgeUnderTest,
  requestedEmail,
} from '../testing/bridge-under-test.ts';
import { type Listener, type ListenerOptions, startListener } from './listener.ts';

type Failure = Error & { responseCode?: number; response?: string };

describe('SMTP and LMTP listener', () => {
  let bridge: BridgeUnderTest;
  const open: Listener[] = [];
  before(async () => {
    bridge = await startBridgeUnderTest();
  });
  afterEach(async () => {
    for (const listener of open.splice(0)) await listener.stop();
  });
  after(() => bridge?.stop());

  async function listen(over: Partial<ListenerOptions> = {}): Promise<Listener> {
    const listener = await startListener({ context: bridge.context, port: 0, host: '127.0.0.1', ...over });
    open.push(listener);
    return listener;
  }

  /** A sent e-mail that waits for replies of Sarah and John. */
  async function emailAwaitingReplies(): Promise<{ id: string; reply_to: string; replies: () => Promise<any[]> }> {
    const email = requestedEmail(new Date());
    await bridge.handle(emailRequestedEvent(email));
    const { reply_to } = await bridge.request('get', { tracking_id: email.id });
    return {
      id: email.id,
      reply_to,
      replies: async () => (await bridge.request('get', { tracking_id: email.id }))['replies'],
    };
  }

  const transport = (port: number) => createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
  const replyMessage = (to: string, text = 'Tuesday at ten.', id = `<${newId()}@example.com>`): string =>
    [
      'From: Sarah Miller <sarah@example.com>',
      `To: ${to}`,
      'Subject: Re: The Q1 budget',
      `Message-ID: ${id}`,
      '',
      `${text}\r\n`,
    ].join('\r\n');
  const send = async (
    { port }: Listener,
    to: string | string[],
    raw: string | Buffer = replyMessage([to].flat()[0] ?? ''),
    from = 'sarah@example.com',
  ) => {
    const client = transport(port);
    try {
      return await client.sendMail({ envelope: { from, to }, raw });
    } finally {
      client.close();
    }
  };
  const refused = async (sending: Promise<unknown>): Promise<Failure> => {
    const outcome = await sending.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome instanceof Error) return outcome;
    throw new Error('the listener accepted the message, expected a refusal');
  };

  it('stores a reply before it accepts it with 250', async () => {
    const listener = await listen();
    const { reply_to, replies } = await emailAwaitingReplies();
    await send(listener, reply_to);
    const [reply, ...more] = await replies();
    expect(more).to.have.lengthOf(0);
    expect(reply).to.deep.include({ kind: 'reply', from_address: 'sarah@example.com' });
    expect(reply.untrusted).to.include({ snippet: 'Tuesday at ten.' });
  });

  it('finds the e-mail by the envelope recipient, whatever its case', async () => {
    const listener = await listen();
    const { reply_to, replies } = await emailAwaitingReplies();
    await send(listener, reply_to.toUpperCase(), replyMessage('undisclosed-recipients:;'));
    expect(await replies()).to.have.lengthOf(1);
  });

  it('stores a message once, however often it is delivered', async () => {
    const listener = await listen();
    const { reply_to, replies } = await emailAwaitingReplies();
    const raw = replyMessage(reply_to);
    await Promise.all([1, 2, 3].map(() => send(listener, reply_to, raw)));
    expect(await replies()).to.have.lengthOf(1);
  });

  it('accepts a hundred messages over one connection', async () => {
    const listener = await listen();
    const { reply_to, replies } = await emailAwaitingReplies();
    const client = createTransport({
      host: '127.0.0.1',
      port: listener.port,
      ignoreTLS: true,
      pool: true,
      maxConnections: 1,
      maxMessages: 1_000,
    });
    await Promise.all(
      Array.from({ length: 100 }, () =>
        client.sendMail({ envelope: { from: 'sarah@example.com', to: reply_to }, raw: replyMessage(reply_to) }),
      ),
    );
    client.close();
    expect(await replies()).to.have.lengthOf(100);
  });

  it('refuses every other recipient at RCPT with the same reply', async () => {
    const listener = await listen();
    const { reply_to } = await emailAwaitingReplies();
    const unknown = reply_to.replace(/\+[a-z2-7]{26}@/, `+${'a'.repeat(26)}@`);
    const refusals = await Promise.all(
      [
        unknown,
        'reply@hub.example',
        'postmaster@hub.example',
        'victim@elsewhere.example',
        reply_to.replace('hub.example', 'elsewhere.example'),
      ].map((to) => refused(send(listener, to))),
    );
    expect(new Set(refusals.map(({ responseCode }) => responseCode))).to.deep.equal(new Set([550]));
    expect(new Set(refusals.map(({ response }) => response)).size).to.equal(1);
  });

  it('accepts a message for its known recipients only', async () => {
    const listener = await listen();
    const { reply_to, replies } = await emailAwaitingReplies();
    const sent = await send(listener, [reply_to, 'victim@elsewhere.example']);
    expect(sent).to.deep.include({ accepted: [reply_to], rejected: ['victim@elsewhere.example'] });
    expect(await replies()).to.have.lengthOf(1);
  });

  it('offers neither AUTH nor, without a certificate, STARTTLS', async () => {
    const listener = await listen();
    const client = await openSession(listener.port);
    const offers = await client.say('EHLO spec');
    expect(offers).to.contain('SIZE 26214400').and.not.to.contain('AUTH').and.not.to.contain('STARTTLS');
    for (const command of ['AUTH PLAIN AGEAYg==', 'STARTTLS', 'WIZ', 'SHELL'])
      expect(await client.say(command)).to.match(/^5/);
    client.close();
  });

  it('replies 451 to RCPT while the database cannot be queried, and accepts the next attempt', async () => {
    const listener = await listen();
    const { reply_to, replies } = await emailAwaitingReplies();
    await bridge.db.pool.query('alter table email rename to email_away');
    try {
      expect((await refused(send(listener, reply_to))).response).to.match(/^451 4\.3\.0/);
    } finally {
      await bridge.db.pool.query('alter table email_away rename to email');
    }
    await send(listener, reply_to);
    expect(await replies()).to.have.lengthOf(1);
  });

  it('replies 451 to DATA if the message cannot be stored', async () => {
    const { reply_to, replies } = await emailAwaitingReplies();
    const listener = await listen({ context: { ...bridge.context, newId: () => 'no uuid' } });
    expect(await refused(send(listener, reply_to))).to.include({ responseCode: 451 });
    expect(await replies()).to.have.lengthOf(0);
  });

  it('stores a message once if the service fails between the commit and the reply', async () => {
    const { reply_to, replies } = await emailAwaitingReplies();
    const stored: number[] = [];
    const listener = await listen({
      faults: {
        async beforeReply() {
          stored.push((await replies()).length);
          if (stored.length === 1) throw new Error('killed');
        },
      },
    });
    const raw = replyMessage(reply_to);
    expect(await refused(send(listener, reply_to, raw))).to.include({ responseCode: 451 });
    await send(listener, reply_to, raw);
    expect(stored).to.deep.equal([1, 1]);
  });

  it('refuses a message that is too large with 552, whether its SIZE was declared or not', async () => {
    const listener = await listen({ maxBytes: 10_000 });
    const { reply_to, replies } = await emailAwaitingReplies();
    const large = replyMessage(reply_to, 'x '.repeat(10_000));
    expect(await refused(send(listener, reply_to, large))).to.include({ responseCode: 552 });
    const client = await openSession(listener.port);
    expect(await client.say('EHLO spec')).to.contain('SIZE 10000');
    expect(await client.say('MAIL FROM:<sarah@example.com> SIZE=20000')).to.match(/^552/);
    client.close();
    expect(await replies()).to.have.lengthOf(0);
    await send(listener, reply_to);
  });

  it('replies 452 while too many bytes are being received at once', async () => {
    const listener = await listen({ maxHeldBytes: 20_000 });
    const { reply_to } = await emailAwaitingReplies();
    expect(await refused(send(listener, reply_to, replyMessage(reply_to, 'x '.repeat(20_000))))).to.include({
      responseCode: 452,
    });
    await send(listener, reply_to);
  });

  it('stores nothing of a message whose client disconnects during DATA', async () => {
    const listener = await listen();
    const { reply_to, replies } = await emailAwaitingReplies();
    const client = await openSession(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<sarah@example.com>', `RCPT TO:<${reply_to}>`, 'DATA'])
      await client.say(line);
    client.socket.end(replyMessage(reply_to));
    await client.closed;
    await send(listener, reply_to);
    expect(await replies()).to.have.lengthOf(1);
  });

  it('refuses a message whose e-mail was erased after RCPT', async () => {
    const listener = await listen();
    const email = requestedEmail(new Date());
    await bridge.handle(emailRequestedEvent(email));
    const { reply_to } = await bridge.request('get', { tracking_id: email.id });
    const client = await openSession(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<sarah@example.com>', `RCPT TO:<${reply_to}>`])
      expect(await client.say(line)).to.match(/^250/);
    await bridge.handle(missionErasedEvent(email));
    await client.say('DATA');
    expect(await client.say(`${replyMessage(reply_to)}.`)).to.equal('550 5.1.1 no such mailbox here');
    client.close();
  });

  it('closes the connection if DATA takes longer than its timeout', async () => {
    const listener = await listen({ dataTimeoutMs: 50 });
    const { reply_to, replies } = await emailAwaitingReplies();
    const client = await openSession(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<sarah@example.com>', `RCPT TO:<${reply_to}>`, 'DATA'])
      await client.say(line);
    const drip = setInterval(() => client.socket.write('x'), 10);
    await client.closed;
    clearInterval(drip);
    expect(await replies()).to.have.lengthOf(0);
  });

  it('replies 421 beyond the connection limit, and closes idle connections', async () => {
    const listener = await listen({ maxConnections: 1, idleTimeoutMs: 200 });
    const first = await openSession(listener.port);
    const second = await openSession(listener.port);
    expect(second.greeting).to.match(/^421/);
    await first.closed;
    second.close();
    const third = await openSession(listener.port);
    expect(third.greeting).to.match(/^220/);
    third.close();
  });

  it('keeps places for others when one address has as many connections as it may', async () => {
    const listener = await listen({ maxConnectionsPerAddress: 2 });
    const held = [await openSession(listener.port), await openSession(listener.port)];
    const third = await openSession(listener.port);
    expect(third.greeting).to.match(/^421 4\.7\.0/);
    held[0]?.close();
    await waitUntil(async () => {
      const next = await openSession(listener.port);
      next.close();
      return next.greeting.startsWith('220');
    });
    held[1]?.close();
  });

  it('closes a connection that lasts too long, also one that sends commands', async () => {
    const listener = await listen({ sessionTimeoutMs: 300 });
    const client = await openSession(listener.port);
    await client.say('EHLO spec');
    const busy = setInterval(() => client.socket.write('NOOP\r\n'), 20);
    await client.closed;
    clearInterval(busy);
  });

  it('closes a connection that asks for too many unknown recipients', async () => {
    const listener = await listen({ maxRefusedRecipients: 3 });
    const client = await openSession(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<x@example.com>']) await client.say(line);
    for (let time = 1; time <= 3; time++) expect(await client.say('RCPT TO:<nobody@hub.example>')).to.match(/^550/);
    expect(await client.say('RCPT TO:<nobody@hub.example>')).to.match(/^421/);
    await client.closed;
  });

  it('answers 421 for a while to an address that asks for unknown recipients over many connections', async () => {
    const listener = await listen({ maxRefusedPerAddress: 6 });
    const guess = async (times: number): Promise<string[]> => {
      const client = await openSession(listener.port);
      for (const line of ['EHLO spec', 'MAIL FROM:<x@example.com>']) await client.say(line);
      const answers: string[] = [];
      for (let time = 0; time < times; time++) answers.push(await client.say('RCPT TO:<nobody@hub.example>'));
      client.close();
      return answers.map((answer) => answer.slice(0, 3));
    };
    const other = await openSession(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<x@example.com>']) await other.say(line);
    expect(await guess(4)).to.deep.equal(['550', '550', '550', '550']);
    expect(await guess(2)).to.deep.equal(['550', '550']);
    const next = await openSession(listener.port);
    expect(next.greeting).to.match(/^421 4\.7\.0 too many unknown recipients/);
    expect(await other.say('RCPT TO:<nobody@hub.example>')).to.match(/^421/);
    await other.closed;
  });

  it('closes a connection that sends more commands than a mail server needs', async () => {
    const listener = await listen({ maxCommands: 5 });
    const client = await openSession(listener.port);
    expect(await client.say('EHLO spec')).to.match(/250/);
    expect(await client.say('NOOP\r\nNOOP\r\nNOOP\r\nRSET', 4)).to.match(/^(250 .*\n?){4}$/);
    expect(await client.say('NOOP\r\nNOOP')).to.match(/^421 4\.7\.0 too many commands/);
    await client.closed;
  });

  it('bounds neither over LMTP, where one mail server brings everything', async () => {
    const listener = await listen({ lmtp: true, maxCommands: 5, maxRefusedPerAddress: 2 });
    const client = await openSession(listener.port);
    for (const line of ['LHLO spec', 'MAIL FROM:<x@example.com>']) await client.say(line);
    for (let time = 0; time < 6; time++) expect(await client.say('RCPT TO:<nobody@hub.example>')).to.match(/^550/);
    client.close();
    const next = await openSession(listener.port);
    expect(next.greeting).to.match(/^220/);
    next.close();
  });

  it('finishes the message in progress when it is stopped, and accepts no new connection', async () => {
    const { reply_to, replies } = await emailAwaitingReplies();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reached = false;
    const listener = await listen({
      faults: {
        beforeReply: () => {
          reached = true;
          return held;
        },
      },
    });
    const idle = await openSession(listener.port);
    const sending = send(listener, reply_to);
    await waitUntil(() => reached);
    const stopped = listener.stop();
    await idle.closed;
    expect(await refused(send(listener, reply_to)))
      .to.have.property('message')
      .that.contains('ECONNREFUSED');
    release();
    await sending;
    await stopped;
    expect(await replies()).to.have.lengthOf(1);
  });

  describe('over LMTP', () => {
    it('replies to DATA once for each accepted recipient', async () => {
      const listener = await listen({ lmtp: true });
      const [sarahs, johns] = [await emailAwaitingReplies(), await emailAwaitingReplies()];
      const client = await openSession(listener.port);
      expect(await client.say('LHLO spec')).to.match(/^250/);
      expect(await client.say('MAIL FROM:<>')).to.match(/^250/);
      expect(await client.say(`RCPT TO:<${sarahs.reply_to}>`)).to.match(/^250/);
      expect(await client.say('RCPT TO:<nobody@hub.example>')).to.match(/^550/);
      expect(await client.say(`RCPT TO:<${johns.reply_to}>`)).to.match(/^250/);
      expect(await client.say('DATA')).to.match(/^354/);
      const reply = await client.say(`${replyMessage('somebody@example.com')}.`, 2);
      expect(reply.split('\n').map((line) => line.slice(0, 3))).to.deep.equal(['250', '250']);
      client.close();
      // The null reverse-path marks mail that no person wrote (RFC 5321 section 4.5.5).
      expect((await sarahs.replies()).map(({ kind }) => kind)).to.deep.equal(['auto_reply']);
      expect(await johns.replies()).to.have.lengthOf(1);
    });

    it('replies 451 for the recipient whose copy could not be stored', async () => {
      const [sarahs, johns] = [await emailAwaitingReplies(), await emailAwaitingReplies()];
      // The ids of the reply and of its event; the second reply has none.
      let ids = 0;
      const listener = await listen({
        lmtp: true,
        context: { ...bridge.context, newId: () => (ids++ < 2 ? newId() : 'no uuid') },
      });
      const client = await openSession(listener.port);
      for (const line of [
        'LHLO spec',
        'MAIL FROM:<x@example.com>',
        `RCPT TO:<${sarahs.reply_to}>`,
        `RCPT TO:<${johns.reply_to}>`,
        'DATA',
      ])
        await client.say(line);
      const reply = await client.say(`${replyMessage('somebody@example.com').replace('sarah@', 'stranger@')}.`, 2);
      client.close();
      const stored = [(await sarahs.replies()).length, (await johns.replies()).length];
      expect(reply.split('\n').map((line) => line.slice(0, 3))).to.deep.equal(
        stored.map((count) => (count === 1 ? '250' : '451')),
      );
      expect(stored).to.deep.equal([1, 0]);
    });
  });
});

interface RawSession {
  readonly socket: Socket;
  readonly greeting: string;
  /** Sends a line and resolves with the replies; `replies`: how many to wait for. */
  say(line: string, replies?: number): Promise<string>;
  readonly closed: Promise<void>;
  close(): void;
}

/** A raw SMTP client, for commands that no mail program sends. */
async function openSession(port: number): Promise<RawSession> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let ended = false;
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      ended = true;
      resolve();
    });
  });
  const nextReplies = async (count: number): Promise<string> => {
    await waitUntil(() => (received.match(/^\d{3} .*\r\n/gm) ?? []).length >= count || ended, {
      what: 'an SMTP reply',
      everyMs: 2,
    });
    const text = received;
    received = '';
    return text.replaceAll('\r\n', '\n').trimEnd();
  };
  const greeting = await nextReplies(1);
  return {
    socket,
    greeting,
    say(line, replies = 1) {
      socket.write(`${line}\r\n`);
      return nextReplies(replies);
    },
    closed,
    close: () => void socket.destroy(),
  };
}
