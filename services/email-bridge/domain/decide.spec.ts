import { expect } from 'chai';
import { type Command, decide } from './decide.ts';
import { progressOf } from './recipients.ts';
import type { Email, State } from './state.ts';
import {
  at,
  everybody,
  request,
  sent,
  refuse,
  reply,
  dsn,
  expire,
  cancel,
  followUp,
  moved,
  given,
  outcome,
  decided,
  sarah,
  john,
  states,
  mission_id,
} from '../testing/decisions.ts';

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
