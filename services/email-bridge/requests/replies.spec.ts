import { emailEvents } from '@missions/contracts/email/events.ts';
import { parser } from '@missions/contracts/schema.ts';
import { expect } from 'chai';
import { VirtualClock } from '@missions/runtime/clock.ts';
import {
  timerFiredEvent,
  incomingMessage,
  requestedEmail,
  type BridgeUnderTest,
  startBridgeUnderTest,
  unblockedEvent,
} from '../testing/bridge-under-test.ts';
import { acceptsRecipient } from '../commands/receive-message.ts';

const HOUR = 3_600_000;
const readers = new Map(Object.entries(emailEvents).map(([type, schema]) => [type, parser(schema)]));

describe('replies', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: BridgeUnderTest;
  before(async () => {
    service = await startBridgeUnderTest(clock);
  });
  after(() => service.stop());
  /** Every event in the outbox must satisfy its contract. */
  afterEach(async () => {
    const { rows } = await service.db.pool.query('select type, data from outbox');
    for (const { type, data } of rows) readers.get(type)?.(data);
  });

  const get = (requested: { id: string }) => service.request('get', { tracking_id: requested.id });
  const queuedEmail = async (over: Parameters<typeof requestedEmail>[1] = {}) => {
    const requested = requestedEmail(clock.now(), over);
    const email = await service.request('ensure', requested, {
      caller: { customer_id: requested.customer_id, user_id: requested.user_id },
    });
    return { ...requested, reply_to: email['reply_to'] as string, message_id: email['message_id'] as string };
  };

  it('are matched by the reply address, counted once for each sender, and announced each', async () => {
    const requested = await queuedEmail();
    const to = { addressed_to: [requested.reply_to.toUpperCase(), 'ada@example.com'] };
    expect(await service.receive(incomingMessage(to))).to.deep.equal([
      { customer_id: 'acme', tracking_id: requested.id, stored: true },
    ]);
    expect(await get(requested)).to.deep.include({
      status: 'some_replied',
      pending_from: ['john@example.com'],
      received_from: ['sarah@example.com'],
    });
    await service.receive(incomingMessage({ ...to, snippet: 'And bring the figures.' }));
    await service.receive(incomingMessage({ ...to, kind: 'auto_reply' }));
    await service.receive(incomingMessage({ ...to, from: 'John@Example.com' }));
    expect(await get(requested)).to.deep.include({ status: 'all_replied', pending_from: [] });
    await service.receive(incomingMessage({ ...to, snippet: 'Rather Thursday.' }));
    const types = [
      'scheduler.timer_set_email',
      'email.replied',
      'email.replied',
      'email.noted',
      'email.replied',
      'email.all_replied',
      'scheduler.timer_cancelled_email',
      'email.replied',
    ];
    expect(await service.eventTypes(requested.id)).to.deep.equal(types);
    const [, replied, further, , , all, , late] = await service.eventsAbout(requested.id);
    expect(further?.data)
      .to.deep.include({ pending_from: ['john@example.com'], received_from: ['sarah@example.com'] })
      .and.to.have.nested.property('reply.untrusted.snippet', 'And bring the figures.');
    expect(late?.data)
      .to.deep.include({ pending_from: [] })
      .and.to.have.nested.property('reply.untrusted.snippet', 'Rather Thursday.');
    expect(replied?.data['reply']).to.deep.include({
      kind: 'reply',
      untrusted: {
        from_name: 'Sarah Miller',
        snippet: 'Tuesday at ten.',
        body_text: 'Tuesday at ten.\n\n> When can we meet?',
      },
    });
    expect(all?.data['replies'].map((reply: any) => reply.from_address)).to.deep.equal([
      'sarah@example.com',
      'sarah@example.com',
      'John@Example.com',
    ]);
    expect([all?.mission_id, all?.data['mission_id']]).to.deep.equal([requested.mission_id, requested.mission_id]);
  });

  it("of expected senders are in email.all_replied: beyond 100, each sender's first and the latest", async () => {
    const requested = await queuedEmail({ cc: ['boss@example.com'] });
    const addressed_to = [requested.reply_to];
    const first = incomingMessage({ addressed_to, snippet: 'first' });
    await service.receive(first);
    await service.receive(incomingMessage({ from: 'boss@example.com', addressed_to }));
    for (let more = 1; more <= 110; more += 1)
      await service.receive(
        incomingMessage({ from: 'sarah+phone@example.com', addressed_to, snippet: `further ${more}` }),
      );
    await service.receive(incomingMessage({ from: 'john@example.com', addressed_to, snippet: 'last' }));
    const snippets = (await service.eventsAbout(requested.id))
      .find(({ type }) => type === 'email.all_replied')
      ?.data['replies'].map((reply: any) => reply.untrusted.snippet);
    expect(snippets).to.deep.equal(['first', ...Array.from({ length: 98 }, (_, at) => `further ${at + 13}`), 'last']);
  });

  it('are stored and counted once if the same message arrives fifty times at once', async () => {
    const requested = await queuedEmail();
    const message = incomingMessage({ addressed_to: [requested.reply_to] });
    const matched = await Promise.all(Array.from({ length: 50 }, () => service.receive(message)));
    expect(matched.flat().filter(({ stored }) => stored)).to.have.lengthOf(1);
    expect((await get(requested))['replies']).to.have.lengthOf(1);
    expect((await service.eventTypes(requested.id)).filter((type) => type === 'email.replied')).to.have.lengthOf(1);
  });

  it('end the wait once if everybody replies at once', async () => {
    const to = Array.from({ length: 30 }, (_, at) => `person${at}@example.com`);
    const requested = await queuedEmail({ to, expected_recipients: to });
    await Promise.all(to.map((from) => service.receive(incomingMessage({ from, addressed_to: [requested.reply_to] }))));
    const types = await service.eventTypes(requested.id);
    expect([
      types.filter((type) => type === 'email.replied').length,
      types.filter((type) => type === 'email.all_replied').length,
    ]).to.deep.equal([30, 1]);
    const versions = (await service.eventsAbout(requested.id)).map(({ version, index }) => `${version}.${index}`);
    expect(new Set(versions).size).to.equal(versions.length);
  });

  it('are stored and shown, but not counted, if the e-mail was not sent to their sender', async () => {
    const requested = await queuedEmail();
    await service.receive(incomingMessage({ from: 'eve@evil.example', addressed_to: [requested.reply_to] }));
    expect(await get(requested)).to.deep.include({ status: 'queued', received_from: [] });
    expect((await get(requested))['replies'][0]).to.deep.include({
      kind: 'unattributed',
      from_address: 'eve@evil.example',
    });
    expect(await service.eventTypes(requested.id)).to.deep.equal(['scheduler.timer_set_email', 'email.noted']);
  });

  it('are matched by the message that they name if their sender is expected', async () => {
    const older = await queuedEmail();
    const requested = await queuedEmail({ reply_to_message_id: older.message_id });
    const references = [requested.message_id, older.message_id];
    expect(await service.receive(incomingMessage({ from: 'eve@evil.example', references }))).to.deep.equal([
      { customer_id: 'acme', tracking_id: requested.id, stored: false },
    ]);
    expect((await get(requested))['replies']).to.deep.equal([]);
    await service.receive(incomingMessage({ references: ['<unknown@example.com>', ...references] }));
    expect([(await get(requested))['status'], (await get(older))['status']]).to.deep.equal(['some_replied', 'queued']);
  });

  it('are not matched by their subject, nor by an address or message that is not ours', async () => {
    expect(
      await service.receive(
        incomingMessage({
          addressed_to: ['reply@hub.example', `reply+${'a'.repeat(26)}@hub.example`],
          references: ['<x@example.com>'],
        }),
      ),
    ).to.deep.equal([]);
  });

  it('belong to the e-mail they are addressed to, even if they name a message of another customer', async () => {
    const ofOtherCustomer = await queuedEmail({ customer_id: 'globex', user_id: 'gus' });
    const requested = await queuedEmail();
    expect(
      await service.receive(
        incomingMessage({ addressed_to: [requested.reply_to], references: [ofOtherCustomer.message_id] }),
      ),
    ).to.deep.equal([{ customer_id: 'acme', tracking_id: requested.id, stored: true }]);
    expect(
      (
        await service.request(
          'get',
          { tracking_id: ofOtherCustomer.id },
          { caller: { customer_id: 'globex', user_id: 'gus' } },
        )
      )['replies'],
    ).to.deep.equal([]);
  });

  it('belong to each of the e-mails that they are addressed to', async () => {
    const both = [await queuedEmail(), await queuedEmail()];
    const message = incomingMessage({ addressed_to: both.map(({ reply_to }) => reply_to) });
    const matched = await Promise.all(Array.from({ length: 10 }, () => service.receive(message)));
    expect(matched.flat().filter(({ stored }) => stored)).to.have.lengthOf(2);
  });

  it('give their thread to an e-mail that replies to them', async () => {
    const requested = await queuedEmail({ reply_to_message_id: '<root@example.com>' });
    const answer = incomingMessage({ addressed_to: [requested.reply_to] });
    await service.receive(answer);
    const next = await queuedEmail({ reply_to_message_id: answer.message_id });
    expect((await get(next))['thread_id']).to.equal('<root@example.com>');
  });

  it('do not give their thread to an e-mail of another user', async () => {
    const root = await queuedEmail();
    const answer = incomingMessage({ addressed_to: [root.reply_to] });
    await service.receive(answer);
    for (const { message_id } of [answer, await queuedEmail({ reply_to_message_id: root.message_id })]) {
      const foreign = requestedEmail(clock.now(), { user_id: 'eve', reply_to_message_id: message_id });
      const sent = await service.request('ensure', foreign, { caller: { user_id: 'eve' } });
      expect(sent['thread_id']).to.equal(message_id);
    }
  });

  it('end the wait as bounced if all recipients are reported as undeliverable', async () => {
    const requested = await queuedEmail();
    const failed = (recipient: string) =>
      incomingMessage({
        from: 'mailer-daemon@example.com',
        kind: 'bounce',
        addressed_to: [requested.reply_to],
        references: [requested.message_id],
        failures: [{ recipient, permanent: true, status: '5.1.1', reason: 'no such user' }],
      });
    await service.receive(failed('SARAH@example.com'));
    await service.receive(failed('john@example.com'));
    expect(await get(requested)).to.deep.include({
      status: 'bounced',
      bounced: ['sarah@example.com', 'john@example.com'],
    });
    expect(await service.eventTypes(requested.id)).to.deep.equal([
      'scheduler.timer_set_email',
      'email.bounced',
      'email.bounced',
      'scheduler.timer_cancelled_email',
    ]);
    expect((await service.eventsAbout(requested.id)).flatMap(({ data }) => data['nobody_left'] ?? [])).to.deep.equal([
      false,
      true,
    ]);
  });

  it('are stored and announced after the deadline', async () => {
    const requested = await queuedEmail();
    clock.advance(7 * 24 * HOUR);
    await service.handle(timerFiredEvent(requested));
    expect(await get(requested)).to.deep.include({
      status: 'expired',
      pending_from: ['sarah@example.com', 'john@example.com'],
    });
    expect((await service.eventsAbout(requested.id)).at(-1)).to.deep.include({ type: 'email.expired' });
    for (const from of requested.expected_recipients)
      await service.receive(incomingMessage({ from, addressed_to: [requested.reply_to] }));
    expect((await service.eventTypes(requested.id)).slice(-3)).to.deep.equal([
      'email.replied',
      'email.replied',
      'email.all_replied',
    ]);
    expect((await get(requested))['status']).to.equal('all_replied');
  });

  it('are waited for until the deadline, which expires an e-mail once', async () => {
    const requested = await queuedEmail();
    const early = timerFiredEvent(requested);
    expect(await service.handle(early).catch((error: Error) => error.message)).to.contain('came early');
    clock.advance(7 * 24 * HOUR);
    await Promise.all([service.handle(early), service.handle(early), service.handle(early)]);
    expect((await service.eventTypes(requested.id)).filter((type) => type === 'email.expired')).to.have.lengthOf(1);
    const again = await queuedEmail();
    for (const from of again.expected_recipients)
      await service.receive(incomingMessage({ from, addressed_to: [again.reply_to] }));
    clock.advance(7 * 24 * HOUR);
    await service.handle(timerFiredEvent(again));
    expect((await get(again))['status']).to.equal('all_replied');
  });

  it('are stored and announced after the e-mail was cancelled', async () => {
    const requested = await queuedEmail();
    await service.handle(unblockedEvent(requested, 'hand'));
    await service.receive(incomingMessage({ addressed_to: [requested.reply_to] }));
    expect(await get(requested)).to.deep.include({ status: 'cancelled', received_from: ['sarah@example.com'] });
    expect(await service.eventTypes(requested.id)).to.deep.equal([
      'scheduler.timer_set_email',
      'email.withdrawn',
      'scheduler.timer_cancelled_email',
      'email.replied',
    ]);
  });

  it('are committed together with the work alongside, or not at all', async () => {
    const requested = await queuedEmail();
    const message = incomingMessage({ addressed_to: [requested.reply_to] });
    const { receiveMessage } = await import('../commands/receive-message.ts');
    const failure = await receiveMessage(service.context, message, () => Promise.reject(new Error('full'))).catch(
      (error: Error) => error.message,
    );
    expect([failure, (await get(requested))['replies'].length]).to.deep.equal(['full', 0]);
    let alongside = 0;
    await receiveMessage(service.context, incomingMessage(), async () => void alongside++);
    expect(alongside).to.equal(1);
  });

  it('are accepted for known reply addresses only', async () => {
    const { reply_to } = await queuedEmail();
    const other = reply_to.replace(/\+./, (start) => `+${start.endsWith('a') ? 'b' : 'a'}`);
    expect(
      await Promise.all(
        [reply_to, reply_to.toUpperCase(), other, 'reply@hub.example', 'ada@example.com'].map((address) =>
          acceptsRecipient(service.context, address),
        ),
      ),
    ).to.deep.equal([true, true, false, false, false]);
  });

  it('are handled alike if they come by webhook', async () => {
    const requested = await queuedEmail();
    const raw = [
      'From: Sarah <sarah@example.com>',
      `To: ${requested.reply_to}`,
      'Message-ID: <hook@example.com>',
      'Subject: Re: Budget',
      '',
      'Fine with me.',
      '',
    ].join('\r\n');
    const input = { raw: Buffer.from(raw).toString('base64'), envelope_to: [] };
    expect(await service.request('ingest', input, { caller: { user_id: null } })).to.deep.equal({
      matched: [{ customer_id: 'acme', tracking_id: requested.id }],
    });
    await service.request('ingest', input, { caller: { user_id: null } });
    expect((await get(requested))['replies']).to.have.lengthOf(1);
  });

  it('have their texts cut to fit into one bus message, and none is left out', async () => {
    const to = Array.from({ length: 45 }, (_, at) => `person${at}@example.com`);
    const requested = await queuedEmail({ to, expected_recipients: to });
    const text = 'ü\u0001'.repeat(50_000);
    for (const from of to) await service.receive(incomingMessage({ from, text, addressed_to: [requested.reply_to] }));
    const sizes = (await service.eventsAbout(requested.id)).map(({ data }) => Buffer.byteLength(JSON.stringify(data)));
    expect(Math.max(...sizes)).to.be.below(600_000);
    const body = JSON.stringify(await get(requested));
    expect(Buffer.byteLength(body)).to.be.below(6_000_000);
    expect(JSON.parse(body).replies).to.have.lengthOf(45);
    const checked = await service.request('check_replies', { tracking_ids: [requested.id] });
    expect([Buffer.byteLength(JSON.stringify(checked)) < 6_000_000, checked['new_replies'].length]).to.deep.equal([
      true,
      45,
    ]);
  });
});
