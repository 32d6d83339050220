import type { RequestedMail } from '@missions/contracts/email/email.ts';
import { expect } from 'chai';
import { type Command, decide } from './decide.ts';
import type { Decision, Effect } from './decision.ts';
import type { IncomingMessage } from './incoming-message.ts';
import { progressOf } from './recipients.ts';
import type { Email, State } from './state.ts';

const at = '2026-06-01T12:10:00.000Z';
const deadline = '2026-06-08T12:00:00.000Z';
const token = 'abcdefghijklmnopqrstuvwx27';
const requestedEmail: RequestedMail = {
  id: '0199a000-0000-7000-8000-000000000001',
  customer_id: 'acme',
  user_id: 'ada',
  mission_id: '0199a000-0000-7000-8000-00000000000a',
  task_id: null,
  to: ['Sarah Miller <sarah@example.com>', 'john@example.com'],
  cc: ['boss@example.com'],
  bcc: [],
  subject: 'Budget',
  body: 'When?',
  body_html: null,
  reply_to_message_id: null,
  expect_reply: true,
  expected_recipients: ['sarah@example.com', 'john@example.com'],
  until: 'all',
  expires_at: deadline,
  follow_up_of: null,
  created_at: '2026-06-01T12:00:00.000Z',
};
const { id, customer_id, user_id, mission_id } = requestedEmail;
const nonce = 'n'.repeat(26);
const ourMessage = `<${id}.${nonce}@hub.example>`;
const everybody = ['sarah@example.com', 'john@example.com', 'boss@example.com'];

const request = (over: Partial<RequestedMail> = {}): Command => ({
  type: 'Request',
  email: { ...requestedEmail, ...over },
  token,
  recipient_tokens: ['a', 'b', 'c', 'd', 'e'],
  nonce,
  mail_address: 'reply@hub.example',
  mail_domain: 'hub.example',
  thread_id: null,
  at,
});
type Sent = Extract<Command, { type: 'MarkSent' }>;
const sent = (over: Partial<Sent> = {}): Command => ({
  type: 'MarkSent',
  message: id,
  accepted: everybody,
  refused: [],
  deferred: [],
  retry_at: '2026-06-01T12:20:00.000Z',
  at,
  ...over,
});
const refuse = (...addresses: string[]): Command =>
  sent({
    accepted: everybody.filter((one) => !addresses.includes(one)),
    refused: addresses.map((address) => ({ address, reason: '550 no such user' })),
  });
let messagesMade = 0;
const message = (from: string, over: Partial<IncomingMessage> = {}): IncomingMessage => ({
  message_id: `<${++messagesMade}@example.com>`,
  from: { name: '', address: from },
  addressed_to: [],
  references: [],
  subject: 'Re: Budget',
  kind: 'reply',
  null_reverse_path: over.kind === 'bounce',
  authentication: null,
  failures: [],
  unnamed_failure: null,
  text: 'Tuesday',
  snippet: 'Tuesday',
  reading: [],
  ...over,
});
type Received = Extract<Command, { type: 'Receive' }>;
const reply = (from: string, over: Partial<IncomingMessage> = {}, how: Partial<Received> = {}): Command => ({
  type: 'Receive',
  id: `reply ${from}`,
  message: message(from, over),
  by: 'token',
  sent_to: [],
  seen: false,
  stored: 0,
  noted: 0,
  at,
  ...how,
});
const failure = (recipient: string, permanent = true) => ({
  recipient,
  permanent,
  status: permanent ? '5.1.1' : '4.2.2',
  reason: 'unknown',
});
const dsn = (...recipients: string[]): Command =>
  reply('mailer-daemon@example.com', {
    kind: 'bounce',
    references: [ourMessage],
    failures: recipients.map((one) => failure(one)),
  });
const expire = (when = deadline): Command => ({ type: 'Expire', at: when });
const cancel = (of: string | null = mission_id, by_reply = false): Command => ({
  type: 'Cancel',
  of: { id, customer_id, user_id, mission_id: of ?? '' },
  by_reply,
  at,
});
const followUp = (over: { id?: string; body?: string | null } = {}): Command => ({
  type: 'FollowUp',
  id: 'f1',
  body: null,
  nonce: 'm'.repeat(26),
  mail_domain: 'hub.example',
  at,
  ...over,
});

function moved(decision: Decision): Extract<Decision, { kind: 'moved' }> {
  if (decision.kind !== 'moved') throw new Error(`did not move: ${JSON.stringify(decision)}`);
  return decision;
}
/** The state after these commands, each of which must change it. */
const given = (...commands: Command[]): State =>
  commands.reduce<State>((state, command) => moved(decide(state, command)).next, null);
const word = (effect: Effect): string => {
  if (effect.kind === 'announce') return effect.event === 'bounced' ? `bounced ${effect.recipient}` : effect.event;
  if (effect.kind === 'store_reply') return `store ${effect.reply.kind}`;
  return effect.kind === 'queue' ? `queue ${effect.message.number}` : effect.kind;
};
const outcome = (decision: Decision): unknown[] =>
  decision.kind === 'moved'
    ? [decision.next.status, ...decision.effects.map(word)]
    : decision.kind === 'refused'
      ? [decision.code]
      : [decision.kind];
const decided = (state: State, command: Command): unknown[] => outcome(decide(state, command));

const sarah = 'sarah@example.com';
const john = 'john@example.com';
const states: Record<string, State> = {
  unknown: null,
  tombstone: given(cancel()),
  queued: given(request()),
  'no reply expected': given(request({ expect_reply: false }), sent()),
  awaiting: given(request(), sent()),
  'some replied': given(request(), sent(), reply(sarah)),
  'all replied': given(request(), sent(), reply(sarah), reply(john)),
  'followed up': given(request(), sent(), followUp({ id: 'f0' })),
  bounced: given(request(), sent(), dsn(sarah, john)),
  'half bounced': given(request(), sent(), dsn(john)),
  expired: given(request(), sent(), expire()),
  cancelled: given(request(), sent(), cancel()),
  'cancelled early': given(cancel(), request()),
};

describe('a tracked e-mail', () => {
  const gone = { sent: ['ignored'], reply: ['ignored'], bounce: ['ignored'], expire: ['ignored'] };
  /** The decision for each command in each state. Sarah replies; John's message bounces. */
  const table: Record<string, Record<string, unknown[]>> = {
    unknown: {
      request: ['queued', 'assign_addresses', 'queue 0', 'set_timer'],
      ...gone,
      cancel: ['tombstone'],
      followUp: ['EMAIL_NOT_FOUND'],
    },
    tombstone: { request: ['cancelled'], ...gone, cancel: ['ignored'], followUp: ['EMAIL_NOT_FOUND'] },
    queued: {
      request: ['ignored'],
      sent: ['awaiting_reply', 'record_attempt', 'sent'],
      reply: ['some_replied', 'store reply', 'replied'],
      bounce: ['queued', 'store bounce', `bounced ${john}`],
      expire: ['expired', 'expired', 'drop_queued'],
      cancel: ['cancelled', 'withdrawn', 'drop_queued', 'cancel_timer'],
      followUp: ['INVALID_TRANSITION'],
    },
    'no reply expected': {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['sent', 'store reply', 'noted'],
      bounce: ['sent', 'store bounce', `bounced ${john}`],
      expire: ['ignored'],
      cancel: ['ignored'],
      followUp: ['INVALID_TRANSITION'],
    },
    awaiting: {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['some_replied', 'store reply', 'replied'],
      bounce: ['awaiting_reply', 'store bounce', `bounced ${john}`],
      expire: ['expired', 'expired', 'drop_queued'],
      cancel: ['cancelled', 'drop_queued', 'cancel_timer'],
      followUp: ['followup_sent', 'queue 1'],
    },
    'some replied': {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['some_replied', 'store reply', 'replied'],
      bounce: ['all_replied', 'store bounce', `bounced ${john}`, 'all_replied', 'cancel_timer'],
      expire: ['expired', 'expired', 'drop_queued'],
      cancel: ['cancelled', 'drop_queued', 'cancel_timer'],
      followUp: ['followup_sent', 'queue 1'],
    },
    'all replied': {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['all_replied', 'store reply', 'replied'],
      bounce: ['all_replied', 'store bounce', 'noted'],
      expire: ['ignored'],
      cancel: ['ignored'],
      followUp: ['INVALID_TRANSITION'],
    },
    'followed up': {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['some_replied', 'store reply', 'replied'],
      bounce: ['followup_sent', 'store bounce', `bounced ${john}`],
      expire: ['expired', 'expired', 'drop_queued'],
      cancel: ['cancelled', 'withdrawn', 'drop_queued', 'cancel_timer'],
      followUp: ['followup_sent', 'queue 2'],
    },
    bounced: {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['all_replied', 'store reply', 'replied', 'all_replied'],
      bounce: ['bounced', 'store bounce', 'noted'],
      expire: ['ignored'],
      cancel: ['ignored'],
      followUp: ['INVALID_TRANSITION'],
    },
    'half bounced': {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['all_replied', 'store reply', 'replied', 'all_replied', 'cancel_timer'],
      bounce: ['awaiting_reply', 'store bounce', 'noted'],
      expire: ['expired', 'expired', 'drop_queued'],
      cancel: ['cancelled', 'drop_queued', 'cancel_timer'],
      followUp: ['followup_sent', 'queue 1'],
    },
    expired: {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['expired', 'store reply', 'replied'],
      bounce: ['expired', 'store bounce', `bounced ${john}`],
      expire: ['ignored'],
      cancel: ['ignored'],
      followUp: ['expired', 'queue 1'],
    },
    cancelled: {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['cancelled', 'store reply', 'replied'],
      bounce: ['cancelled', 'store bounce', `bounced ${john}`],
      expire: ['ignored'],
      cancel: ['ignored'],
      followUp: ['INVALID_TRANSITION'],
    },
    'cancelled early': {
      request: ['ignored'],
      sent: ['ignored'],
      reply: ['cancelled', 'store reply', 'replied'],
      bounce: ['cancelled', 'store bounce', `bounced ${john}`],
      expire: ['ignored'],
      cancel: ['ignored'],
      followUp: ['INVALID_TRANSITION'],
    },
  };
  const commands: Record<string, Command> = {
    request: request(),
    sent: sent(),
    reply: reply(sarah),
    bounce: dsn(john),
    expire: expire(),
    cancel: cancel(),
    followUp: followUp(),
  };
  for (const [state, row] of Object.entries(table)) {
    for (const [command, expected] of Object.entries(row)) {
      it(`${state}: ${command} gives ${expected.join(', ')}`, () => {
        expect(decided(states[state] ?? null, commands[command] as Command)).to.deep.equal(expected);
      });
    }
  }
  it('is tested with every command in every state', () => {
    expect(Object.keys(table)).to.deep.equal(Object.keys(states));
  });

  it('has each recipient once, and the outcome of each expected one', () => {
    const email = given(
      request({ cc: ['SARAH@example.com', 'boss@example.com'] }),
      sent(),
      reply(sarah),
      dsn(john),
    ) as Email;
    expect(email.recipients.map((one) => one.address)).to.deep.equal(everybody);
    expect(progressOf(email)).to.deep.equal({ pending_from: [], received_from: [sarah], bounced: [john] });
  });

  it('expects replies of its To recipients if it names no expected recipients', () => {
    expect(progressOf(given(request({ expected_recipients: [] })) as Email).pending_from).to.deep.equal([sarah, john]);
  });

  describe('and the sender of a reply', () => {
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

  describe('and a bounce', () => {
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

  describe('when it is sent', () => {
    it('marks refused recipients as bounced, and the e-mail if all expected recipients are', () => {
      expect(decided(states['queued'] ?? null, refuse(john))).to.deep.equal([
        'awaiting_reply',
        'record_attempt',
        'sent',
        `bounced ${john}`,
      ]);
      expect(decided(states['queued'] ?? null, refuse(john, sarah))).to.deep.equal([
        'bounced',
        'record_attempt',
        'sent',
        `bounced ${sarah}`,
        `bounced ${john}`,
        'cancel_timer',
      ]);
      expect(decided(states['queued'] ?? null, refuse(...everybody))[0]).to.equal('bounced');
      expect(decided(given(request({ expect_reply: false })), refuse(...everybody))[0]).to.equal('bounced');
      expect(decided(given(request({ expect_reply: false })), refuse(john))[0]).to.equal('sent');
    });
    it('tries only the deferred recipients again, and announces once that it was sent', () => {
      const later = moved(
        decide(
          states['queued'] ?? null,
          sent({ accepted: [sarah, 'boss@example.com'], deferred: [{ address: john, reason: '451 later' }] }),
        ),
      );
      expect(outcome(later)).to.deep.equal(['awaiting_reply', 'record_attempt', 'sent']);
      const email = later.next as Email;
      expect(email.messages[0]?.deliveries.map((one) => one.outcome)).to.deep.equal([
        'accepted',
        'waiting',
        'accepted',
      ]);
      expect([email.messages[0]?.status, email.last_error]).to.deep.equal(['queued', '451 later']);
      const done = moved(decide(email, sent({ accepted: [john] })));
      expect(outcome(done)).to.deep.equal(['awaiting_reply', 'record_attempt']);
      expect([(done.next as Email).messages[0]?.status, (done.next as Email).last_error]).to.deep.equal(['sent', '']);
    });
    it('gives up deferred recipients after two days', () => {
      const put_off = { accepted: [], deferred: everybody.map((address) => ({ address, reason: '451 later' })) };
      expect(decided(states['queued'] ?? null, sent({ ...put_off, at: '2026-06-03T11:59:59.999Z' }))).to.deep.equal([
        'queued',
        'record_attempt',
      ]);
      expect(decided(states['queued'] ?? null, sent({ ...put_off, at: '2026-06-03T12:00:00.000Z' }))[0]).to.equal(
        'bounced',
      );
    });
    it('keeps the status of a reply that was recorded first', () => {
      expect(decided(given(request(), reply(sarah)), sent())).to.deep.equal(['some_replied', 'record_attempt', 'sent']);
      expect(decided(given(request(), reply(sarah), reply(john)), sent())).to.deep.equal([
        'all_replied',
        'record_attempt',
        'sent',
      ]);
    });
  });

  it('is followed up once for each id, with the pending recipients, in its thread', () => {
    const { next, effects } = moved(decide(states['some replied'] ?? null, followUp({ body: 'Any news?' })));
    const queued = effects.find((one) => one.kind === 'queue');
    expect(queued?.message.deliveries.map((one) => one.address)).to.deep.equal([john]);
    expect([queued?.body_text, queued?.message.message_id]).to.deep.equal([
      'Any news?',
      `<f1.${'m'.repeat(26)}@hub.example>`,
    ]);
    expect(decided(next, followUp())).to.deep.equal(['ignored']);
    expect(
      moved(decide(states['awaiting'] ?? null, followUp())).effects.find((one) => one.kind === 'queue')?.body_text,
    ).to.contain('"Budget"');
  });

  it('refuses a follow-up with the statuses that allow one', () => {
    const decision = decide(states['all replied'] ?? null, followUp());
    expect(decision)
      .to.deep.include({ members: { from: 'all_replied', to: 'followup_sent', allowed: [] } })
      .and.to.have.property('detail')
      .that.contains('awaiting_reply, some_replied, followup_sent, expired');
  });

  it('of an ended mission is cancelled with all messages that are still queued, and names who gets none', () => {
    const withdraw: Command = { type: 'Withdraw', reason: 'its mission has ended', at };
    const partly = given(request(), sent({ accepted: [sarah], deferred: [{ address: john, reason: 'later' }] }));
    const notSentTo = (state: State) => {
      const decision = decide(state, withdraw);
      const effects = decision.kind === 'moved' ? decision.effects : [];
      return effects.flatMap((one) => (one.kind === 'announce' && one.event === 'withdrawn' ? one.not_sent_to : []));
    };
    const cancelled = ['cancelled', 'withdrawn', 'drop_queued', 'cancel_timer'];
    expect(decided(states['queued'] ?? null, withdraw)).to.deep.equal(cancelled);
    expect(notSentTo(states['queued'] ?? null)).to.deep.equal(everybody);
    expect(notSentTo(partly)).to.deep.equal([john, 'boss@example.com']);
    const unexpected = given(request({ expect_reply: false }));
    expect(decided(unexpected, withdraw)).to.deep.equal(['cancelled', 'withdrawn', 'drop_queued']);
    const late = given(request(), sent(), expire(), followUp({ id: 'f1' }));
    expect(decided(late, withdraw)).to.deep.equal(['expired', 'withdrawn', 'drop_queued']);
    for (const sentOrGone of ['unknown', 'tombstone', 'awaiting', 'all replied', 'cancelled'])
      expect(decided(states[sentOrGone] ?? null, withdraw), sentOrGone).to.deep.equal(['ignored']);
  });

  it("is not cancelled when another mission's wait ends", () => {
    expect(decided(states['awaiting'] ?? null, cancel('0199a000-0000-7000-8000-00000000000b'))).to.deep.equal([
      'ignored',
    ]);
  });

  it('is not cancelled when a reply ends the wait', () => {
    expect(decided(states['some replied'] ?? null, cancel(mission_id, true))).to.deep.equal(['ignored']);
  });

  it('does not expire before its deadline', () => {
    const before = '2026-06-08T11:59:59.999Z';
    expect(decided(states['awaiting'] ?? null, expire(before))).to.deep.equal(['premature']);
  });
});
