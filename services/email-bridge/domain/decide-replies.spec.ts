import { expect } from 'chai';
import { type Command, decide } from './decide.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { Email } from './state.ts';
import {
  ourMessage,
  request,
  sent,
  reply,
  failure,
  dsn,
  moved,
  given,
  decided,
  sarah,
  john,
  states,
} from '../testing/decisions.ts';

describe('mail that answers a tracked e-mail', () => {
  describe('and its sender', () => {
    for (const [how, from] of Object.entries({
      'in another case': 'Sarah@EXAMPLE.com',
      'with a tag': 'sarah+work@example.com',
    })) {
      it(`is recognized ${how}`, () => {
        expect(decided(states['awaiting'] ?? null, reply(from))).to.deep.equal([
          'some_replied',
          'store reply',
          'replied',
        ]);
      });
    }
    it('is recognized without the tag of the recipient, unless two recipients differ in their tag only', () => {
      const one = given(
        request({ to: ['ann+a@x.example'], cc: [], expected_recipients: ['ann+a@x.example'] }),
        sent({ accepted: ['ann+a@x.example'] }),
      );
      expect(decided(one, reply('ann@x.example'))).to.include('replied');
      const two = given(
        request({
          to: ['ann+a@x.example', 'ann+b@x.example'],
          cc: [],
          expected_recipients: ['ann+a@x.example', 'ann+b@x.example'],
        }),
        sent({ accepted: ['ann+a@x.example', 'ann+b@x.example'] }),
      );
      expect(decided(two, reply('ann@x.example'))).to.deep.equal(['awaiting_reply', 'store unattributed', 'noted']);
      expect(decided(two, reply('ann+b@x.example'))).to.include('replied');
    });
    it('is the recipient to whose own address it came, whatever From says', () => {
      const email = states['awaiting'] as Email;
      const stored = (command: Command) =>
        moved(decide(email, command)).effects.find((effect) => effect.kind === 'store_reply')?.reply;
      for (const from of ['sarah@elsewhere.example', john, 'boss@example.com', '']) {
        const answer = reply(from, {}, { sent_to: [sarah] });
        expect(decided(email, answer), from).to.deep.equal(['some_replied', 'store reply', 'replied']);
        expect(stored(answer)).to.deep.include({ recipient: sarah, from_address: from });
      }
      expect(stored(reply(john, {}, { sent_to: [sarah, john] }))?.recipient, 'two tokens').to.equal(john);
      expect(stored(reply('x@example.com', {}, { sent_to: [john, sarah] }))?.recipient, 'two tokens').to.equal(john);
      expect(stored(reply(john))?.recipient, 'the common address').to.equal(john);
    });
    it('is nobody if DMARC failed', () => {
      const authentication = { spf: 'fail', dkim: 'none', dmarc: 'fail' };
      for (const how of [{}, { sent_to: [sarah] }]) {
        const forged = reply(sarah, { authentication }, how);
        const expected = ['awaiting_reply', 'store unattributed', 'noted'];
        expect(decided(states['awaiting'] ?? null, forged)).to.deep.equal(expected);
        const passed = reply(sarah, { authentication: { ...authentication, dmarc: 'pass' } }, how);
        expect(decided(states['awaiting'] ?? null, passed)).to.include('replied');
      }
    });
    it('is recognized by the ASCII form of the domain', () => {
      const email = given(
        request({ to: ['eva@bücher.example'], cc: [], expected_recipients: ['eva@bücher.example'] }),
        sent({ accepted: ['eva@bücher.example'] }),
      );
      expect(decided(email, reply('eva@xn--bcher-kva.example'))).to.include('all_replied');
    });
    it('is not counted if unknown or not expected', () => {
      expect(decided(states['awaiting'] ?? null, reply('eve@evil.example'))).to.deep.equal([
        'awaiting_reply',
        'store unattributed',
        'noted',
      ]);
      expect(decided(states['awaiting'] ?? null, reply(''))).to.deep.equal([
        'awaiting_reply',
        'store unattributed',
        'noted',
      ]);
      expect(decided(states['awaiting'] ?? null, reply('boss@example.com'))).to.deep.equal([
        'awaiting_reply',
        'store reply',
        'noted',
      ]);
    });
    it('must be expected if the message is matched by reference only', () => {
      const by = { by: 'reference' } as const;
      expect(decided(states['awaiting'] ?? null, reply('eve@evil.example', {}, by))).to.deep.equal(['ignored']);
      expect(decided(states['awaiting'] ?? null, reply('boss@example.com', {}, by))).to.deep.equal(['ignored']);
      expect(decided(states['awaiting'] ?? null, reply(sarah, {}, by))).to.include('replied');
      expect(
        decided(
          states['awaiting'] ?? null,
          reply('daemon@x.example', { kind: 'bounce', references: [ourMessage], failures: [failure(john)] }, by),
        ),
      ).to.include(`bounced ${john}`);
    });
    it('is not counted for our own message, one that is stored, or one too many', () => {
      const email = states['awaiting'] as Email;
      expect(decided(email, reply(sarah, { message_id: email.message_id }))).to.deep.equal(['ignored']);
      expect(decided(email, reply(sarah, {}, { seen: true }))).to.deep.equal(['ignored']);
      expect(decided(email, reply('eve@evil.example', {}, { stored: 1_000 }))).to.deep.equal(['ignored']);
      expect(decided(email, reply(sarah, {}, { stored: 1_000 }))).to.include('replied');
      expect(
        decided(states['some replied'] ?? null, reply(sarah, {}, { stored: 1_000 })),
        'a further reply of the same sender',
      ).to.deep.equal(['ignored']);
    });
  });

  it('does not count an automatic reply, or a message of a mailing list', () => {
    const email = states['awaiting'] as Email;
    expect(decided(email, reply(sarah, { kind: 'auto_reply' }))).to.deep.equal([
      'awaiting_reply',
      'store auto_reply',
      'noted',
    ]);
    expect(decided(email, reply(sarah, { kind: 'list' }))).to.deep.equal([
      'awaiting_reply',
      'store auto_reply',
      'noted',
    ]);
    expect(decided(email, reply(sarah, { kind: 'list', references: [email.message_id] }))).to.include('replied');
    expect(decided(email, reply(sarah, { kind: 'bounce', failures: [failure(john, false)] }))).to.deep.equal([
      'awaiting_reply',
      'store bounce',
      'noted',
    ]);
    expect(decided(email, dsn('nobody@example.com'))).to.deep.equal(['awaiting_reply', 'store bounce', 'noted']);
  });

  it('announces no more than 20 messages that count for nothing', () => {
    const email = states['awaiting'] ?? null;
    expect(decided(email, reply('eve@evil.example', {}, { noted: 19 }))).to.include('noted');
    expect(decided(email, reply('eve@evil.example', {}, { noted: 20 }))).not.to.include('noted');
    expect(decided(email, reply(sarah, {}, { noted: 20 }))).to.include('replied');
  });

  describe('as a bounce', () => {
    const bounce = (over: Partial<IncomingMessage>, sent_to: string[] = [], of = sarah): unknown[] =>
      decided(
        states['awaiting'] ?? null,
        reply('mailer-daemon@example.com', { kind: 'bounce', failures: [failure(of)], ...over }, { sent_to }),
      );
    const counts = ['awaiting_reply', 'store bounce', `bounced ${sarah}`];
    const isNoted = ['awaiting_reply', 'store bounce', 'noted'];

    it('counts if its envelope sender is empty, and it names our message or came to the own address', () => {
      expect(bounce({ references: [ourMessage] })).to.deep.equal(counts);
      expect(bounce({}, [sarah])).to.deep.equal(counts);
    });
    it('that names nobody is that of the only recipient of its copy, if it is final', () => {
      const unnamed_failure = { permanent: true, status: '5.0.0', reason: '' };
      const nobody = { failures: [], unnamed_failure };
      expect(bounce(nobody, [sarah])).to.deep.equal(counts);
      expect(bounce({ ...nobody, references: [ourMessage] }), 'one of two recipients').to.deep.equal(isNoted);
      const late = { ...nobody, unnamed_failure: { ...unnamed_failure, permanent: false } };
      expect(bounce(late, [sarah]), 'a delay').to.deep.equal(isNoted);
      expect(bounce({ ...nobody, null_reverse_path: false }, [sarah]), 'of a person').to.deep.equal(isNoted);
    });
    it('does not count with an envelope sender, whatever it names', () => {
      expect(bounce({ null_reverse_path: false, references: [ourMessage] }, [sarah])).to.deep.equal(isNoted);
    });
    it('does not count if it names no message of ours and came to the common address', () => {
      expect(bounce({ references: ['<x@example.com>'] })).to.deep.equal(isNoted);
    });
    it('does not count against another recipient than the one to whose own address it came', () => {
      expect(bounce({ references: [ourMessage] }, [john])).to.deep.equal(isNoted);
    });
  });

  it("cuts and cleans a reply's text to what can be stored", () => {
    const { effects } = moved(
      decide(
        states['awaiting'] ?? null,
        reply(sarah, { text: `\u0000${'😀'.repeat(60_000)}`, snippet: 'x'.repeat(600) }),
      ),
    );
    const stored = effects.find((one) => one.kind === 'store_reply')?.reply;
    expect([
      stored?.snippet.length,
      (stored?.body_text.length ?? 0) <= 100_000,
      stored?.body_text.isWellFormed(),
      stored?.body_text.includes('\u0000'),
    ]).to.deep.equal([500, true, true, false]);
  });
});
