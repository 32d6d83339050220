import { emailEvents } from '@missions/contracts/email/events.ts';
import { parser } from '@missions/contracts/schema.ts';
import { expect } from 'chai';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import {
  timerFiredEvent,
  incomingMessage,
  requestedEmail,
  emailRequestedEvent,
  type BridgeUnderTest,
  signalledEvent,
  startBridgeUnderTest,
  unblockedEvent,
} from '../testing/bridge-under-test.ts';
import { acceptsRecipient } from '../commands/receive-message.ts';

const HOUR = 3_600_000;
const read = new Map(Object.entries(emailEvents).map(([type, schema]) => [type, parser(schema)]));

describe('replies', function () {
  this.timeout(30_000);
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: BridgeUnderTest;
  before(async () => {
    service = await startBridgeUnderTest(clock);
  });
  after(() => service.stop());
  /** Every event that was told is as the contracts say. */
  afterEach(async () => {
    const { rows } = await service.db.pool.query('select type, data from outbox');
    for (const { type, data } of rows) read.get(type)?.(data);
  });

  const get = (it: { id: string }) => service.request('get', { tracking_id: it.id });
  const ensured = async (over: Parameters<typeof requestedEmail>[1] = {}) => {
    const it = requestedEmail(clock.now(), over);
    const email = await service.request('ensure', it, { caller: { customer_id: it.customer_id, user_id: it.user_id } });
    return { ...it, reply_to: email['reply_to'] as string, message_id: email['message_id'] as string };
  };

  it('are matched by the address, and counted by person', async () => {
    const it = await ensured();
    const to = { addressed_to: [it.reply_to.toUpperCase(), 'ada@example.com'] };
    expect(await service.receive(incomingMessage(to))).to.deep.equal([
      { customer_id: 'acme', tracking_id: it.id, stored: true },
    ]);
    expect(await get(it)).to.deep.include({
      status: 'some_replied',
      pending_from: ['john@example.com'],
      received_from: ['sarah@example.com'],
    });
    await service.receive(incomingMessage({ ...to, snippet: 'And bring the figures.' }));
    await service.receive(incomingMessage({ ...to, kind: 'auto_reply' }));
    await service.receive(incomingMessage({ ...to, from: 'John@Example.com' }));
    expect(await get(it)).to.deep.include({ status: 'all_replied', pending_from: [] });
    await service.receive(incomingMessage({ ...to, snippet: 'Rather Thursday.' }));
    const types = [
      'scheduler.timer_set',
      'email.replied',
      'email.replied',
      'email.replied',
      'email.all_replied',
      'scheduler.timer_cancelled',
      'email.replied',
    ];
    expect(await service.eventTypes(it.id)).to.deep.equal(types);
    const [, replied, further, , all, , late] = await service.eventsAbout(it.id);
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
    expect([all?.mission_id, all?.data['mission_id']]).to.deep.equal([it.mission_id, it.mission_id]);
  });

  it('of those who were asked are told at the end, each one’s first and so many of the others, whoever else wrote', async () => {
    const it = await ensured({ cc: ['boss@example.com'] });
    const addressed_to = [it.reply_to];
    const first = incomingMessage({ addressed_to, snippet: 'first' });
    await service.receive(first);
    await service.receive(incomingMessage({ from: 'boss@example.com', addressed_to }));
    for (let more = 1; more <= 110; more += 1)
      await service.receive(
        incomingMessage({ from: 'sarah+phone@example.com', addressed_to, snippet: `further ${more}` }),
      );
    await service.receive(incomingMessage({ from: 'john@example.com', addressed_to, snippet: 'last' }));
    const snippets = (await service.eventsAbout(it.id))
      .find(({ type }) => type === 'email.all_replied')
      ?.data['replies'].map((reply: any) => reply.untrusted.snippet);
    expect(snippets).to.deep.equal(['first', ...Array.from({ length: 98 }, (_, at) => `further ${at + 13}`), 'last']);
  });

  it('come fifty times at once, and count once', async () => {
    const it = await ensured();
    const message = incomingMessage({ addressed_to: [it.reply_to] });
    const matched = await Promise.all(Array.from({ length: 50 }, () => service.receive(message)));
    expect(matched.flat().filter(({ stored }) => stored)).to.have.lengthOf(1);
    expect((await get(it))['replies']).to.have.lengthOf(1);
    expect((await service.eventTypes(it.id)).filter((type) => type === 'email.replied')).to.have.lengthOf(1);
  });

  it('come from everybody at once, and end the waiting once', async () => {
    const to = Array.from({ length: 30 }, (_, at) => `person${at}@example.com`);
    const it = await ensured({ to, expected_recipients: to });
    await Promise.all(to.map((from) => service.receive(incomingMessage({ from, addressed_to: [it.reply_to] }))));
    const types = await service.eventTypes(it.id);
    expect([
      types.filter((type) => type === 'email.replied').length,
      types.filter((type) => type === 'email.all_replied').length,
    ]).to.deep.equal([30, 1]);
    const versions = (await service.eventsAbout(it.id)).map(({ version, index }) => `${version}.${index}`);
    expect(new Set(versions).size).to.equal(versions.length);
  });

  it('are kept and shown, but not counted, from an address that was not written to', async () => {
    const it = await ensured();
    await service.receive(incomingMessage({ from: 'eve@evil.example', addressed_to: [it.reply_to] }));
    expect(await get(it)).to.deep.include({ status: 'queued', received_from: [] });
    expect((await get(it))['replies'][0]).to.deep.include({ kind: 'unattributed', from_address: 'eve@evil.example' });
    expect(await service.eventTypes(it.id)).to.deep.equal(['scheduler.timer_set']);
  });

  it('are matched by the message they name, from whom is waited for only', async () => {
    const older = await ensured();
    const it = await ensured({ reply_to_message_id: older.message_id });
    const references = [it.message_id, older.message_id];
    expect(await service.receive(incomingMessage({ from: 'eve@evil.example', references }))).to.deep.equal([
      { customer_id: 'acme', tracking_id: it.id, stored: false },
    ]);
    expect((await get(it))['replies']).to.deep.equal([]);
    await service.receive(incomingMessage({ references: ['<unknown@example.com>', ...references] }));
    expect([(await get(it))['status'], (await get(older))['status']]).to.deep.equal(['some_replied', 'queued']);
  });

  it('belong to nothing by their subject, or by what is not ours', async () => {
    expect(
      await service.receive(
        incomingMessage({
          addressed_to: ['reply@hub.example', `reply+${'a'.repeat(26)}@hub.example`],
          references: ['<x@example.com>'],
        }),
      ),
    ).to.deep.equal([]);
  });

  it('that name a message of another customer, but are addressed to one of ours, are ours', async () => {
    const theirs = await ensured({ customer_id: 'globex', user_id: 'gus' });
    const it = await ensured();
    expect(
      await service.receive(incomingMessage({ addressed_to: [it.reply_to], references: [theirs.message_id] })),
    ).to.deep.equal([{ customer_id: 'acme', tracking_id: it.id, stored: true }]);
    expect(
      (await service.request('get', { tracking_id: theirs.id }, { caller: { customer_id: 'globex', user_id: 'gus' } }))[
        'replies'
      ],
    ).to.deep.equal([]);
  });

  it('to several e-mails are each of them', async () => {
    const both = [await ensured(), await ensured()];
    const message = incomingMessage({ addressed_to: both.map(({ reply_to }) => reply_to) });
    const matched = await Promise.all(Array.from({ length: 10 }, () => service.receive(message)));
    expect(matched.flat().filter(({ stored }) => stored)).to.have.lengthOf(2);
  });

  it('name in the next mail the thread that they are part of', async () => {
    const it = await ensured({ reply_to_message_id: '<root@example.com>' });
    const answer = incomingMessage({ addressed_to: [it.reply_to] });
    await service.receive(answer);
    const next = await ensured({ reply_to_message_id: answer.message_id });
    expect((await get(next))['thread_id']).to.equal('<root@example.com>');
  });

  it('that came back undelivered end the waiting, when nobody is left', async () => {
    const it = await ensured();
    const failed = (recipient: string) =>
      incomingMessage({
        from: 'mailer-daemon@example.com',
        kind: 'bounce',
        addressed_to: [it.reply_to],
        failures: [{ recipient, permanent: true, status: '5.1.1', reason: 'no such user' }],
      });
    await service.receive(failed('SARAH@example.com'));
    await service.receive(failed('john@example.com'));
    expect(await get(it)).to.deep.include({ status: 'bounced', bounced: ['sarah@example.com', 'john@example.com'] });
    expect(await service.eventTypes(it.id)).to.deep.equal([
      'scheduler.timer_set',
      'email.bounced',
      'email.bounced',
      'scheduler.timer_cancelled',
    ]);
    expect((await service.eventsAbout(it.id)).flatMap(({ data }) => data['nobody_left'] ?? [])).to.deep.equal([
      false,
      true,
    ]);
  });

  it('that are late are kept and told', async () => {
    const it = await ensured();
    clock.advance(7 * 24 * HOUR);
    await service.handle(timerFiredEvent(it));
    expect(await get(it)).to.deep.include({
      status: 'expired',
      pending_from: ['sarah@example.com', 'john@example.com'],
    });
    expect((await service.eventsAbout(it.id)).at(-1)).to.deep.include({ type: 'email.expired' });
    for (const from of it.expected_recipients)
      await service.receive(incomingMessage({ from, addressed_to: [it.reply_to] }));
    expect((await service.eventTypes(it.id)).slice(-3)).to.deep.equal([
      'email.replied',
      'email.replied',
      'email.all_replied',
    ]);
    expect((await get(it))['status']).to.equal('all_replied');
  });

  it('are waited for until the time is up, and no longer', async () => {
    const it = await ensured();
    const early = timerFiredEvent(it);
    expect(await service.handle(early).catch((error: Error) => error.message)).to.contain('came early');
    clock.advance(7 * 24 * HOUR);
    await Promise.all([service.handle(early), service.handle(early), service.handle(early)]);
    expect((await service.eventTypes(it.id)).filter((type) => type === 'email.expired')).to.have.lengthOf(1);
    const again = await ensured();
    for (const from of again.expected_recipients)
      await service.receive(incomingMessage({ from, addressed_to: [again.reply_to] }));
    clock.advance(7 * 24 * HOUR);
    await service.handle(timerFiredEvent(again));
    expect((await get(again))['status']).to.equal('all_replied');
  });

  it('to an e-mail that nobody waits for any more are kept', async () => {
    const it = await ensured();
    await service.handle(unblockedEvent(it, 'hand'));
    await service.receive(incomingMessage({ addressed_to: [it.reply_to] }));
    expect(await get(it)).to.deep.include({ status: 'cancelled', received_from: ['sarah@example.com'] });
    expect(await service.eventTypes(it.id)).to.deep.equal([
      'scheduler.timer_set',
      'scheduler.timer_cancelled',
      'email.replied',
    ]);
  });

  it('are taken with what is to be saved alongside, or not at all', async () => {
    const it = await ensured();
    const message = incomingMessage({ addressed_to: [it.reply_to] });
    const { receiveMessage } = await import('../commands/receive-message.ts');
    const failure = await receiveMessage(service.context, message, () => Promise.reject(new Error('full'))).catch(
      (error: Error) => error.message,
    );
    expect([failure, (await get(it))['replies'].length]).to.deep.equal(['full', 0]);
    let alongside = 0;
    await receiveMessage(service.context, incomingMessage(), async () => void alongside++);
    expect(alongside).to.equal(1);
  });

  it('are accepted for addresses that were given, and no others', async () => {
    const { reply_to } = await ensured();
    const other = reply_to.replace(/\+./, (start) => `+${start.endsWith('a') ? 'b' : 'a'}`);
    expect(
      await Promise.all(
        [reply_to, reply_to.toUpperCase(), other, 'reply@hub.example', 'ada@example.com'].map((it) =>
          acceptsRecipient(service.context, it),
        ),
      ),
    ).to.deep.equal([true, true, false, false, false]);
  });

  it('by webhook go the same way', async () => {
    const it = await ensured();
    const raw = [
      'From: Sarah <sarah@example.com>',
      `To: ${it.reply_to}`,
      'Message-ID: <hook@example.com>',
      'Subject: Re: Budget',
      '',
      'Fine with me.',
      '',
    ].join('\r\n');
    const input = { raw: Buffer.from(raw).toString('base64'), envelope_to: [] };
    expect(await service.request('ingest', input, { caller: { user_id: null } })).to.deep.equal({
      matched: [{ customer_id: 'acme', tracking_id: it.id }],
    });
    await service.request('ingest', input, { caller: { user_id: null } });
    expect((await get(it))['replies']).to.have.lengthOf(1);
  });

  it('too long for one message are cut where they are many, and all are told of', async () => {
    const to = Array.from({ length: 45 }, (_, at) => `person${at}@example.com`);
    const it = await ensured({ to, expected_recipients: to });
    const text = 'ü\u0001'.repeat(50_000);
    for (const from of to) await service.receive(incomingMessage({ from, text, addressed_to: [it.reply_to] }));
    const sizes = (await service.eventsAbout(it.id)).map(({ data }) => Buffer.byteLength(JSON.stringify(data)));
    expect(Math.max(...sizes)).to.be.below(600_000);
    const shown = JSON.stringify(await get(it));
    expect(Buffer.byteLength(shown)).to.be.below(6_000_000);
    expect(JSON.parse(shown).replies).to.have.lengthOf(45);
    const checked = await service.request('check_replies', { tracking_ids: [it.id] });
    expect([Buffer.byteLength(JSON.stringify(checked)) < 6_000_000, checked['new_replies'].length]).to.deep.equal([
      true,
      45,
    ]);
  });
});

describe('what a mission asks for', function () {
  this.timeout(30_000);
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: BridgeUnderTest;
  before(async () => {
    service = await startBridgeUnderTest(clock);
  });
  after(() => service.stop());

  it('is done once, by the call or by the event', async () => {
    const it = requestedEmail(clock.now());
    const event = emailRequestedEvent(it);
    const answers = await Promise.all([
      service.request('ensure', it),
      service.handle(event),
      service.request('ensure', it),
      service.handle(event, event),
    ]);
    expect(answers[0]).to.deep.equal(answers[2]);
    expect(answers[0]).to.include({ status: 'queued', mission_id: it.mission_id, id: it.id, tracking_id: it.id });
    expect(await service.eventTypes(it.id)).to.deep.equal(['scheduler.timer_set']);
    expect((await service.eventsAbout(it.id))[0]?.data).to.deep.include({
      owner: 'email',
      key: `email:${it.id}`,
      fire_at: it.expires_at,
      revision: 1,
      payload: { tracking_id: it.id },
    });
  });

  it('has no timer where no reply is expected', async () => {
    const it = requestedEmail(clock.now(), { expect_reply: false, expected_recipients: [] });
    expect(await service.request('ensure', it)).to.include({ expires_at: null });
    expect(await service.eventTypes(it.id)).to.deep.equal([]);
  });

  it('is not sent when it was taken back before it came', async () => {
    const it = requestedEmail(clock.now());
    await service.handle(unblockedEvent(it));
    expect((await refusal(service.request('get', { tracking_id: it.id }))).code).to.equal('EMAIL_NOT_FOUND');
    expect(await service.request('ensure', it)).to.include({ status: 'cancelled', body_text: it.body });
    await service.handle(emailRequestedEvent(it));
    expect(await service.eventTypes(it.id)).to.deep.equal([]);
    expect((await service.db.pool.query('select 1 from message where email_id = $1', [it.id])).rowCount).to.equal(0);
  });

  it('goes on when another mission stops waiting for the same replies, or the wait ends by itself', async () => {
    const it = requestedEmail(clock.now());
    await service.request('ensure', it);
    await service.handle(
      unblockedEvent({ ...it, mission_id: requestedEmail(clock.now()).mission_id }),
      unblockedEvent(it, 'signal'),
      unblockedEvent(it, 'timeout'),
      unblockedEvent(it, 'cancelled', `human_input:${it.id}`),
    );
    expect(await service.request('get', { tracking_id: it.id })).to.include({ status: 'queued' });
  });

  it('goes on when another task of its mission stops waiting for the same replies, and ends with its own wait, which older events do not name', async () => {
    const its = [requestedEmail(clock.now()), requestedEmail(clock.now())] as const;
    const key = `email_reply:${its[0].id}`;
    for (const it of its) await service.request('ensure', it);
    await service.handle(
      unblockedEvent(its[0], 'cancelled', key, requestedEmail(clock.now()).id),
      unblockedEvent(its[0], 'hand', key, requestedEmail(clock.now()).id),
    );
    expect(await service.request('get', { tracking_id: its[0].id })).to.include({ status: 'queued' });
    await service.handle(unblockedEvent(its[0]), unblockedEvent(its[1], 'hand', `email_reply:${its[1].id}`, null));
    for (const it of its)
      expect(await service.request('get', { tracking_id: it.id })).to.include({ status: 'cancelled' });
  });

  it('ends when the user, or another service, says that the answer has come: by a signal that is none of its replies', async () => {
    const [received, outside, any, all, another, old] = [
      requestedEmail(clock.now()),
      requestedEmail(clock.now()),
      requestedEmail(clock.now(), { until: 'any' }),
      requestedEmail(clock.now()),
      requestedEmail(clock.now()),
      requestedEmail(clock.now()),
    ];
    for (const it of [received, outside, any, all, another, old]) await service.request('ensure', it);
    await service.receive(
      incomingMessage({ addressed_to: [(await service.request('get', { tracking_id: any.id }))['reply_to']] }),
    );
    const reply = (await service.request('get', { tracking_id: any.id }))['replies'][0].id;
    await service.handle(
      signalledEvent(received, requestedEmail(clock.now()).id),
      signalledEvent(outside, 'crm "42"'),
      signalledEvent(any, reply),
      signalledEvent(all, `all:${all.id}`),
      signalledEvent(another, 'x', requestedEmail(clock.now()).id),
      signalledEvent(old, 'x', null),
    );
    const statuses = await Promise.all(
      [received, outside, any, all, another, old].map(
        async (it) => (await service.request('get', { tracking_id: it.id }))['status'],
      ),
    );
    expect(statuses).to.deep.equal(['cancelled', 'cancelled', 'some_replied', 'queued', 'queued', 'queued']);
    expect(await service.eventTypes(received.id)).to.deep.equal(['scheduler.timer_set', 'scheduler.timer_cancelled']);
  });

  it('may be a follow-up, by the call and by the event as one', async () => {
    const it = requestedEmail(clock.now());
    await service.request('ensure', it);
    await service.db.pool.query(`update email set status = 'awaiting_reply', sent_at = now() where id = $1`, [it.id]);
    const further = requestedEmail(clock.now(), {
      mission_id: it.mission_id,
      follow_up_of: it.id,
      to: [],
      expected_recipients: [],
      subject: '',
      body: '',
    });
    await service.handle(emailRequestedEvent(further));
    expect(await service.request('ensure', further)).to.include({ id: it.id, status: 'followup_sent', follow_ups: 1 });
    const unknown = requestedEmail(clock.now(), { follow_up_of: further.id });
    expect((await refusal(service.request('ensure', unknown))).code).to.equal('EMAIL_NOT_FOUND');
    await service.handle(emailRequestedEvent(unknown));
  });

  it('must be asked for by whose it is', async () => {
    const it = requestedEmail(clock.now());
    for (const caller of [{ customer_id: 'globex' }, { user_id: 'bob' }])
      expect((await refusal(service.request('ensure', it, { caller }))).code).to.equal('FORBIDDEN');
  });
});
