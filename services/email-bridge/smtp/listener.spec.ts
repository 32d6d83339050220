import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { missionErasedEvent, emailRequestedEvent, requestedEmail } from '../testing/bridge-under-test.ts';
import { listenersUnderTest, openSession } from '../testing/listeners-under-test.ts';

describe('SMTP and LMTP listener', () => {
  const { bridge, listen, emailAwaitingReplies, replyMessage, send, refused } = listenersUnderTest();

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
    await bridge().db.pool.query('alter table email rename to email_away');
    try {
      expect((await refused(send(listener, reply_to))).response).to.match(/^451 4\.3\.0/);
    } finally {
      await bridge().db.pool.query('alter table email_away rename to email');
    }
    await send(listener, reply_to);
    expect(await replies()).to.have.lengthOf(1);
  });

  it('replies 451 to DATA if the message cannot be stored', async () => {
    const { reply_to, replies } = await emailAwaitingReplies();
    const listener = await listen({ context: { ...bridge().context, newId: () => 'no uuid' } });
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
    await bridge().handle(emailRequestedEvent(email));
    const { reply_to } = await bridge().request('get', { tracking_id: email.id });
    const client = await openSession(listener.port);
    for (const line of ['EHLO spec', 'MAIL FROM:<sarah@example.com>', `RCPT TO:<${reply_to}>`])
      expect(await client.say(line)).to.match(/^250/);
    await bridge().handle(missionErasedEvent(email));
    await client.say('DATA');
    expect(await client.say(`${replyMessage(reply_to)}.`)).to.equal('550 5.1.1 no such mailbox here');
    client.close();
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
        context: { ...bridge().context, newId: () => (ids++ < 2 ? newId() : 'no uuid') },
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
