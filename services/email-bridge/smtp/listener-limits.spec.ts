import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { listenersUnderTest, openSession } from '../testing/listeners-under-test.ts';

describe('the limits of the SMTP and LMTP listener', () => {
  const { listen, emailAwaitingReplies, replyMessage, send, refused } = listenersUnderTest();

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
});
