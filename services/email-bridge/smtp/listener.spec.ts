import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { connect, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import { erased, requested, type ServiceUnderTest, startServiceUnderTest, mail } from '../testing/service.ts';
import { type Listener, type ListenerOptions, startListener } from './listener.ts';

type Failure = Error & { responseCode?: number; response?: string };

describe('the mail listener', () => {
  let bridge: ServiceUnderTest;
  const open: Listener[] = [];
  before(async () => {
    bridge = await startServiceUnderTest();
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

  /** An e-mail that Sarah and John are to answer. */
  async function awaited(): Promise<{ id: string; reply_to: string; replies: () => Promise<any[]> }> {
    const asked = mail(new Date());
    await bridge.hear(requested(asked));
    const { reply_to } = await bridge.ask('get', { tracking_id: asked.id });
    return {
      id: asked.id,
      reply_to,
      replies: async () => (await bridge.ask('get', { tracking_id: asked.id }))['replies'],
    };
  }

  const transport = (port: number) => createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
  const answer = (to: string, text = 'Tuesday at ten.', id = `<${newId()}@example.com>`): string =>
    `From: Sarah Miller <sarah@example.com>\r\nTo: ${to}\r\nSubject: Re: The Q1 budget\r\nMessage-ID: ${id}\r\n\r\n${text}\r\n`;
  const send = async (
    { port }: Listener,
    to: string | string[],
    raw: string | Buffer = answer([to].flat()[0] ?? ''),
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
    throw new Error('was not refused');
  };

  it('takes a reply, and has stored it when it says so', async () => {
    const listener = await listen();
    const { reply_to, replies } = await awaited();
    await send(listener, reply_to);
    const [reply, ...more] = await replies();
    expect(more).to.have.lengthOf(0);
    expect(reply).to.deep.include({ kind: 'reply', from_address: 'sarah@example.com' });
    expect(reply.untrusted).to.include({ snippet: 'Tuesday at ten.' });
  });

  it('knows the recipient by the envelope, in whatever case', async () => {
    const listener = await listen();
    const { reply_to, replies } = await awaited();
    await send(listener, reply_to.toUpperCase(), answer('undisclosed-recipients:;'));
    expect(await replies()).to.have.lengthOf(1);
  });

  it('stores a message once, however often it comes', async () => {
    const listener = await listen();
    const { reply_to, replies } = await awaited();
    const raw = answer(reply_to);
    await Promise.all([1, 2, 3].map(() => send(listener, reply_to, raw)));
    expect(await replies()).to.have.lengthOf(1);
  });

  it('takes a hundred messages over one connection', async () => {
    const listener = await listen();
    const { reply_to, replies } = await awaited();
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
        client.sendMail({ envelope: { from: 'sarah@example.com', to: reply_to }, raw: answer(reply_to) }),
      ),
    );
    client.close();
    expect(await replies()).to.have.lengthOf(100);
  });

  it('refuses everybody else at RCPT, all with the same words', async () => {
    const listener = await listen();
    const { reply_to } = await awaited();
    const unknown = reply_to.replace(/\+[a-z2-7]{26}@/, `+${'a'.repeat(26)}@`);
    const answers = await Promise.all(
      [
        unknown,
        'reply@hub.example',
        'postmaster@hub.example',
        'victim@elsewhere.example',
        reply_to.replace('hub.example', 'elsewhere.example'),
      ].map((to) => refused(send(listener, to))),
    );
    expect(new Set(answers.map(({ responseCode }) => responseCode))).to.deep.equal(new Set([550]));
    expect(new Set(answers.map(({ response }) => response)).size).to.equal(1);
  });

  it('takes a message for those recipients that it knows', async () => {
    const listener = await listen();
    const { reply_to, replies } = await awaited();
    const sent = await send(listener, [reply_to, 'victim@elsewhere.example']);
    expect(sent).to.deep.include({ accepted: [reply_to], rejected: ['victim@elsewhere.example'] });
    expect(await replies()).to.have.lengthOf(1);
  });

  it('offers neither logins nor encryption that it has not got', async () => {
    const listener = await listen();
    const client = await speak(listener.port);
    const offers = await client.say('EHLO spec');
    expect(offers).to.contain('SIZE 26214400').and.not.to.contain('AUTH').and.not.to.contain('STARTTLS');
    for (const command of ['AUTH PLAIN AGEAYg==', 'STARTTLS', 'WIZ', 'SHELL'])
      expect(await client.say(command)).to.match(/^5/);
    client.close();
  });

  it('asks to come again while it cannot look, and takes it then', async () => {
    const listener = await listen();
    const { reply_to, replies } = await awaited();
    await bridge.db.pool.query('alter table email rename to email_away');
    try {
      expect((await refused(send(listener, reply_to))).response).to.match(/^451 4\.3\.0/);
    } finally {
      await bridge.db.pool.query('alter table email_away rename to email');
    }
    await send(listener, reply_to);
    expect(await replies()).to.have.lengthOf(1);
  });

  it('asks to come again when the message cannot be stored', async () => {
    const { reply_to, replies } = await awaited();
    const listener = await listen({ context: { ...bridge.context, newId: () => 'no uuid' } });
    expect(await refused(send(listener, reply_to))).to.include({ responseCode: 451 });
    expect(await replies()).to.have.lengthOf(0);
  });

  it('answers only after the commit: who dies in between is sent it again, and has it once', async () => {
    const { reply_to, replies } = await awaited();
    const stored: number[] = [];
    const listener = await listen({
      faults: {
        async beforeAnswer() {
          stored.push((await replies()).length);
          if (stored.length === 1) throw new Error('killed');
        },
      },
    });
    const raw = answer(reply_to);
    expect(await refused(send(listener, reply_to, raw))).to.include({ responseCode: 451 });
    await send(listener, reply_to, raw);
    expect(stored).to.deep.equal([1, 1]);
  });

  it('refuses what is too large, said in advance or not', async () => {
    const listener = await listen({ maxBytes: 10_000 });
    const { reply_to, replies } = await awaited();
    const large = answer(reply_to, 'x '.repeat(10_000));
    expect(await refused(send(listener, reply_to, large))).to.include({ responseCode: 552 });
    const client = await speak(listener.port);
    expect(await client.say('EHLO spec')).to.contain('SIZE 10000');
    expect(await client.say('MAIL FROM:<sarah@example.com> SIZE=20000')).to.match(/^552/);
    client.close();
    expect(await replies()).to.have.lengthOf(0);
    await send(listener, reply_to);
  });

  it('holds so much at once, and asks the others to come again', async () => {
    const listener = await listen({ maxHeldBytes: 20_000 });
    const { reply_to } = await awaited();
    expect(await refused(send(listener, reply_to, answer(reply_to, 'x '.repeat(20_000))))).to.include({
      responseCode: 452,
    });
    await send(listener, reply_to);
  });

  it('stores nothing of a message whose sender went away', async () => {
    const listener = await listen();
    const { reply_to, replies } = await awaited();
    const client = await speak(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<sarah@example.com>', `RCPT TO:<${reply_to}>`, 'DATA'])
      await client.say(line);
    client.socket.end(answer(reply_to));
    await client.closed;
    await send(listener, reply_to);
    expect(await replies()).to.have.lengthOf(1);
  });

  it('does not call delivered what it did not keep', async () => {
    const listener = await listen();
    const asked = mail(new Date());
    await bridge.hear(requested(asked));
    const { reply_to } = await bridge.ask('get', { tracking_id: asked.id });
    const client = await speak(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<sarah@example.com>', `RCPT TO:<${reply_to}>`])
      expect(await client.say(line)).to.match(/^250/);
    await bridge.hear(erased(asked));
    await client.say('DATA');
    expect(await client.say(`${answer(reply_to)}.`)).to.equal('550 5.1.1 no such mailbox here');
    client.close();
  });

  it('does not wait for ever for a message that trickles', async () => {
    const listener = await listen({ dataMs: 50 });
    const { reply_to, replies } = await awaited();
    const client = await speak(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<sarah@example.com>', `RCPT TO:<${reply_to}>`, 'DATA'])
      await client.say(line);
    const drip = setInterval(() => client.socket.write('x'), 10);
    await client.closed;
    clearInterval(drip);
    expect(await replies()).to.have.lengthOf(0);
  });

  it('has so many connections, and a limit to idling', async () => {
    const listener = await listen({ maxConnections: 1, idleMs: 200 });
    const first = await speak(listener.port);
    const second = await speak(listener.port);
    expect(second.greeting).to.match(/^421/);
    await first.closed;
    second.close();
    const third = await speak(listener.port);
    expect(third.greeting).to.match(/^220/);
    third.close();
  });

  it('finishes what it holds when it is stopped, and takes nothing new', async () => {
    const { reply_to, replies } = await awaited();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let holds = false;
    const listener = await listen({
      faults: {
        beforeAnswer: () => {
          holds = true;
          return held;
        },
      },
    });
    const idle = await speak(listener.port);
    const sending = send(listener, reply_to);
    await waitUntil(() => holds);
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

  describe('as LMTP', () => {
    it('answers for each recipient', async () => {
      const listener = await listen({ lmtp: true });
      const [sarahs, johns] = [await awaited(), await awaited()];
      const client = await speak(listener.port);
      expect(await client.say('LHLO spec')).to.match(/^250/);
      expect(await client.say('MAIL FROM:<>')).to.match(/^250/);
      expect(await client.say(`RCPT TO:<${sarahs.reply_to}>`)).to.match(/^250/);
      expect(await client.say('RCPT TO:<nobody@hub.example>')).to.match(/^550/);
      expect(await client.say(`RCPT TO:<${johns.reply_to}>`)).to.match(/^250/);
      expect(await client.say('DATA')).to.match(/^354/);
      const said = await client.say(`${answer('somebody@example.com')}.`, 2);
      expect(said.split('\n').map((line) => line.slice(0, 3))).to.deep.equal(['250', '250']);
      client.close();
      // The null sender says that no person wrote it.
      expect((await sarahs.replies()).map(({ kind }) => kind)).to.deep.equal(['auto_reply']);
      expect(await johns.replies()).to.have.lengthOf(1);
    });

    it('says for whom it failed', async () => {
      const [sarahs, johns] = [await awaited(), await awaited()];
      // What is written second cannot be.
      let ids = 0;
      const listener = await listen({
        lmtp: true,
        context: { ...bridge.context, newId: () => (ids++ === 0 ? newId() : 'no uuid') },
      });
      const client = await speak(listener.port);
      for (const line of [
        'LHLO spec',
        'MAIL FROM:<x@example.com>',
        `RCPT TO:<${sarahs.reply_to}>`,
        `RCPT TO:<${johns.reply_to}>`,
        'DATA',
      ])
        await client.say(line);
      const said = await client.say(`${answer('somebody@example.com').replace('sarah@', 'stranger@')}.`, 2);
      client.close();
      const stored = [(await sarahs.replies()).length, (await johns.replies()).length];
      expect(said.split('\n').map((line) => line.slice(0, 3))).to.deep.equal(
        stored.map((count) => (count === 1 ? '250' : '451')),
      );
      expect(stored).to.deep.equal([1, 0]);
    });
  });
});

interface Talk {
  readonly socket: Socket;
  readonly greeting: string;
  /** Resolves with the answer; `answers`: how many final lines it has. */
  say(line: string, answers?: number): Promise<string>;
  readonly closed: Promise<void>;
  close(): void;
}

/** A client that says what no mail program would. */
async function speak(port: number): Promise<Talk> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  let ended = false;
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      ended = true;
      resolve();
    });
  });
  const hear = async (answers: number): Promise<string> => {
    await waitUntil(() => (heard.match(/^\d{3} .*\r\n/gm) ?? []).length >= answers || ended, {
      what: 'an answer',
      everyMs: 2,
    });
    const text = heard;
    heard = '';
    return text.replaceAll('\r\n', '\n').trimEnd();
  };
  const greeting = await hear(1);
  return {
    socket,
    greeting,
    say(line, answers = 1) {
      socket.write(`${line}\r\n`);
      return hear(answers);
    },
    closed,
    close: () => void socket.destroy(),
  };
}
