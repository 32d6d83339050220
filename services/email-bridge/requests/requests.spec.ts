import { autocommit } from '@missions/persistence/transaction.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { expect } from 'chai';
import { snippetsOf } from '../store/replies.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import {
  timerFiredEvent,
  incomingMessage,
  requestedEmail,
  type BridgeUnderTest,
  startBridgeUnderTest,
} from '../testing/bridge-under-test.ts';

const HOUR = 3_600_000;

describe('the requests of the e-mail bridge', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: BridgeUnderTest;
  before(async () => {
    service = await startBridgeUnderTest(clock);
  });
  after(() => service.stop());
  const newEmail = {
    to: ['Sarah Miller <sarah@example.com>', 'SARAH@example.com', 'john@example.com'],
    subject: 'Hello',
    body: 'Exact  text\r\n😀\t',
  };
  const send = (over: object = {}, caller = {}, key?: string) =>
    service.request('send', { ...newEmail, expect_reply: true, ...over }, { caller, idempotencyKey: key });
  const replyTo = (email: Record<string, any>, over: Parameters<typeof incomingMessage>[0] = {}) =>
    service.receive(incomingMessage({ addressed_to: [email['reply_to']], ...over }));
  const code = async (call: Promise<unknown>) => (await refusal(call)).code;

  describe('send', () => {
    it('stores an e-mail of no mission unchanged, and returns it', async () => {
      const email = await send();
      expect(email).to.deep.include({
        status: 'queued',
        mission_id: null,
        task_id: null,
        body_text: newEmail.body,
        to: newEmail.to,
        expected_recipients: ['sarah@example.com', 'john@example.com'],
        expires_at: '2026-06-08T12:00:00.000Z',
      });
      expect(await service.request('get', { tracking_id: email['id'] })).to.deep.equal({ ...email, replies: [] });
      expect((await service.eventsAbout(email['id']))[0]).to.deep.include({ mission_id: '' });
    });
    it('sends once for each idempotency key', async () => {
      const before = await service.countRows('email');
      const results = await Promise.all(Array.from({ length: 10 }, () => send({}, {}, 'once')));
      expect(new Set(results.map(({ id }) => id)).size).to.equal(1);
      expect(await service.countRows('email')).to.equal(before + 1);
      expect(await code(send({ subject: 'Other' }, {}, 'once'))).to.equal('IDEMPOTENCY_KEY_REUSED');
    });
    for (const [title, over] of Object.entries({
      'a line break in the subject': { subject: 'Hello\r\nBcc: eve@evil.example' },
      'a line break in an address': { to: ['a@example.com\r\nRCPT TO:<eve@evil.example>'] },
      'a line break in a name': { to: ['Sarah\nBcc: eve@evil.example <a@example.com>'] },
      'two addresses in one': { to: ['a@example.com, eve@evil.example'] },
      'a source route': { to: ['<@evil.example:a@example.com>'] },
      'a Message-ID with a line break': { reply_to_message_id: '<a@b>\r\nX: y' },
      'no recipient': { to: [] },
      'an expected reply of somebody who does not get the e-mail': { expected_recipients: ['eve@evil.example'] },
      'an e-mail of a mission': { mission_id: newId() },
      'a task without its mission': { task_id: newId() },
      'a bcc with a line break': { bcc: ['a@example.com\n'] },
    })) {
      it(`refuses ${title}`, async () => {
        const before = await service.countRows('email');
        expect(await code(send(over))).to.equal('VALIDATION_FAILED');
        expect(await service.countRows('email')).to.equal(before);
      });
    }
    it('refuses a caller that names no user', async () => {
      expect(await code(send({}, { user_id: null }))).to.equal('VALIDATION_FAILED');
    });
  });

  describe('get', () => {
    it('shows no e-mail to another customer or user', async () => {
      const email = await send();
      for (const caller of [{ customer_id: 'globex' }, { user_id: 'bob' }]) {
        expect(await code(service.request('get', { tracking_id: email['id'] }, { caller }))).to.equal(
          'EMAIL_NOT_FOUND',
        );
        expect(
          await code(service.request('follow_up', { tracking_id: email['id'], follow_up: {} }, { caller })),
        ).to.equal('EMAIL_NOT_FOUND');
        expect(await code(service.request('check_replies', { tracking_ids: [email['id']] }, { caller }))).to.equal(
          'EMAIL_NOT_FOUND',
        );
      }
      expect(
        await service.request('get', { tracking_id: email['id'].toUpperCase() }, { caller: { user_id: null } }),
      ).to.include({
        id: email['id'],
      });
      expect(await code(service.request('get', { tracking_id: newId() }))).to.equal('EMAIL_NOT_FOUND');
    });
  });

  describe('check_replies', () => {
    const user = () => ({ user_id: newId() });
    it('reports each reply as new once, also to checks of the same moment', async () => {
      const caller = user();
      const email = await send({}, caller);
      for (let more = 0; more < 20; more++) await replyTo(email);
      const checks = await Promise.all(
        Array.from({ length: 10 }, () => service.request('check_replies', {}, { caller })),
      );
      const fresh = checks.flatMap((one) => one['new_replies'].map((reply: any) => reply.id));
      expect([fresh.length, new Set(fresh).size]).to.deep.equal([20, 20]);
      const after = await service.request('check_replies', { tracking_ids: [email['id']] }, { caller });
      expect([after['replies'].length, after['new_replies'].length, after['all_replied']]).to.deep.equal([
        20,
        0,
        false,
      ]);
      expect(after['replies'].every((reply: any) => reply.notified_at === clock.now().toISOString())).to.equal(true);
      expect(after['pending']).to.deep.equal([
        {
          tracking_id: email['id'],
          mission_id: null,
          task_id: null,
          subject: 'Hello',
          status: 'some_replied',
          sent_at: null,
          expires_at: email['expires_at'],
          pending_from: ['john@example.com'],
          received_from: ['sarah@example.com'],
          bounced: [],
        },
      ]);
    });
    it('returns the same result again for the same idempotency key', async () => {
      const caller = user();
      await replyTo(await send({}, caller));
      const first = await service.request('check_replies', {}, { caller, idempotencyKey: caller.user_id });
      expect(first['new_replies']).to.have.lengthOf(1);
      expect(await service.request('check_replies', {}, { caller, idempotencyKey: caller.user_id })).to.deep.equal(
        first,
      );
      expect((await service.request('check_replies', {}, { caller }))['new_replies']).to.have.lengthOf(0);
    });
    it('reports all_replied when everybody has replied', async () => {
      const caller = user();
      const email = await send({}, caller);
      await replyTo(email);
      await replyTo(email, { from: 'john@example.com' });
      const checked = await service.request('check_replies', {}, { caller });
      expect([
        checked['pending'],
        checked['all_replied'],
        checked['new_replies'].map((reply: any) => reply.from_address),
      ]).to.deep.equal([[], true, ['john@example.com', 'sarah@example.com']]);
      expect(checked['replies']).to.deep.equal(checked['new_replies']);
      expect(
        checked['replies'].map((reply: any) => reply.notified_at),
        'as before this check',
      ).to.deep.equal([null, null]);
    });
    it('does not report all_replied for an e-mail that expired or bounced', async () => {
      const caller = user();
      const [silent, half, lost, open, cancelled, done] = [
        await send({}, caller),
        await send({}, caller),
        await send({}, caller),
        await send({ expires_in_hours: 1_000 }, caller),
        await send({}, caller),
        await send({}, caller),
      ];
      await replyTo(half);
      for (const from of ['sarah@example.com', 'john@example.com']) await replyTo(done, { from });
      const failures = ['sarah@example.com', 'john@example.com'].map((recipient) => ({
        recipient,
        permanent: true,
        status: '5.1.1',
        reason: 'unknown',
      }));
      await replyTo(lost, {
        from: 'mailer-daemon@example.com',
        kind: 'bounce',
        references: [lost['message_id']],
        failures,
      });
      clock.advance(168 * HOUR);
      for (const requested of [silent, half])
        await service.handle(
          timerFiredEvent(requestedEmail(new Date(requested['created_at']), { id: requested['id'], mission_id: null })),
        );
      await service.db.pool.query(`update email set status = 'cancelled' where id = $1`, [cancelled['id']]);
      const tracking_ids = [silent, half, lost, open, cancelled, done].map((one) => one['id']);
      const checked = await service.request('check_replies', { tracking_ids }, { caller });
      expect(
        checked['pending'].map((one: any) => [one.tracking_id, one.status, one.pending_from, one.bounced]),
      ).to.deep.equal([
        [open['id'], 'queued', ['sarah@example.com', 'john@example.com'], []],
        [silent['id'], 'expired', ['sarah@example.com', 'john@example.com'], []],
        [half['id'], 'expired', ['john@example.com'], []],
        [lost['id'], 'bounced', [], ['sarah@example.com', 'john@example.com']],
      ]);
      const all = async (...of: Record<string, any>[]) =>
        (await service.request('check_replies', { tracking_ids: of.map((one) => one['id']) }, { caller }))[
          'all_replied'
        ];
      expect([
        checked['all_replied'],
        await all(silent),
        await all(half),
        await all(lost),
        await all(done, cancelled),
      ]).to.deep.equal([false, false, false, false, true]);
    });
    it('checks the e-mails of max_age_hours, and named e-mails of any age', async () => {
      const caller = user();
      const email = await send({ expires_in_hours: 2000 }, caller);
      await replyTo(email);
      clock.advance(169 * HOUR);
      expect((await service.request('check_replies', {}, { caller }))['replies']).to.have.lengthOf(0);
      expect((await service.request('check_replies', { max_age_hours: 170 }, { caller }))['replies']).to.have.lengthOf(
        1,
      );
      expect(
        (await service.request('check_replies', { tracking_ids: [email['id']] }, { caller }))['replies'],
      ).to.have.lengthOf(1);
    });
    it('refuses an unknown id, and a caller that names neither user nor ids', async () => {
      expect(await code(service.request('check_replies', { tracking_ids: [newId()] }))).to.equal('EMAIL_NOT_FOUND');
      expect(await code(service.request('check_replies', {}, { caller: { user_id: null } }))).to.equal(
        'VALIDATION_FAILED',
      );
    });
  });

  describe('follow_up', () => {
    const sent = async (caller = {}) => {
      const email = await send({}, caller);
      await service.db.pool.query(`update email set status = 'awaiting_reply', sent_at = now() where id = $1`, [
        email['id'],
      ]);
      return email;
    };
    it('is queued once for each idempotency key', async () => {
      const email = await sent();
      const results = await Promise.all(
        Array.from({ length: 5 }, () =>
          service.request(
            'follow_up',
            { tracking_id: email['id'], follow_up: {} },
            { idempotencyKey: `f ${email['id']}` },
          ),
        ),
      );
      expect(new Set(results.map((one) => JSON.stringify(one))).size).to.equal(1);
      expect(results[0]).to.deep.include({
        status: 'followup_sent',
        follow_ups: 1,
        last_follow_up_at: clock.now().toISOString(),
      });
      await replyTo(email);
      expect(await service.request('get', { tracking_id: email['id'] })).to.include({ status: 'some_replied' });
    });
    it('is refused if no recipient is pending', async () => {
      const email = await sent();
      for (const from of ['sarah@example.com', 'john@example.com']) await replyTo(email, { from });
      const problem = await refusal(service.request('follow_up', { tracking_id: email['id'], follow_up: {} }));
      expect([problem.code, problem.members['from'], problem.members['allowed']]).to.deep.equal([
        'INVALID_TRANSITION',
        'all_replied',
        [],
      ]);
    });
    it('is refused for an e-mail of a mission', async () => {
      const requested = requestedEmail(clock.now());
      await service.request('ensure', requested);
      expect(await code(service.request('follow_up', { tracking_id: requested.id, follow_up: {} }))).to.equal(
        'FORBIDDEN',
      );
    });
  });

  it("of_mission returns the mission's e-mails with the snippets of their replies, to its user only", async () => {
    const requested = requestedEmail(clock.now());
    const email = await service.request('ensure', requested);
    await replyTo(email);
    await service.request(
      'ensure',
      requestedEmail(clock.now(), { mission_id: requested.mission_id, expect_reply: false }),
    );
    const { emails } = await service.request('of_mission', { mission_id: requested.mission_id });
    expect(
      emails.map((one: any) => [one.id === requested.id, one.status, one.replies.length, 'body_text' in one]),
    ).to.deep.equal([
      [true, 'some_replied', 1, false],
      [false, 'queued', 0, false],
    ]);
    expect(emails[0].replies[0].untrusted).to.deep.equal({ from_name: 'Sarah Miller', snippet: 'Tuesday at ten.' });
    // The whole texts are not read: a thousand long ones took 200 MB.
    const [row] = await snippetsOf(autocommit(service.db), 'acme', [requested.id], 20);
    expect(row).to.include({ snippet: 'Tuesday at ten.', body_text: '' });
    for (const caller of [{ customer_id: 'globex' }, { user_id: 'bob' }])
      expect(await service.request('of_mission', { mission_id: requested.mission_id }, { caller })).to.deep.equal({
        emails: [],
      });
  });

  it('of_mission returns no more than fits into a bus message, however many the addresses', async () => {
    const [name, domain] = ['x'.repeat(190), `${'y'.repeat(230)}.example`];
    const people = (list: string) =>
      Array.from({ length: 100 }, (_, at) => `${name} <${'z'.repeat(50)}-${list}-${at}@${domain}>`);
    const many = {
      mission_id: requestedEmail(clock.now()).mission_id,
      to: people('to'),
      cc: people('cc'),
      bcc: people('bcc'),
    };
    for (let made = 0; made < 50; made += 1) await service.request('ensure', requestedEmail(clock.now(), many));
    const shown = await service.request('of_mission', { mission_id: many.mission_id });
    expect(Buffer.byteLength(JSON.stringify(shown))).to.be.within(1_000_000, 3_100_000);
  });
});
