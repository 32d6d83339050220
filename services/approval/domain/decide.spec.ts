import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import { expect } from 'chai';
import type { Refused } from '@missions/contracts/decision.ts';
import { type Command, type Decision, decide, type Effect } from './decide.ts';
import { dueAt, type InputRequest, type State } from './state.ts';

const question: AskedInputRequest = {
  id: '0199a000-0000-7000-8000-000000000001',
  customer_id: 'acme',
  user_id: 'ada',
  mission_id: '0199a000-0000-7000-8000-00000000000a',
  task_id: null,
  conversation_id: 'chat-1',
  prompt: 'Book it?',
  options: [
    { id: 'yes', label: 'Yes' },
    { id: 'no', label: 'No' },
  ],
  allow_freeform: true,
  context: null,
  urgency: 'normal',
  expires_at: '2026-06-01T13:00:00.000Z',
  default_option: null,
  remind_at: '2026-06-01T12:30:00.000Z',
  created_at: '2026-06-01T12:00:00.000Z',
};
const early = '2026-06-01T12:10:00.000Z';
const before = '2026-06-01T12:59:59.999Z';
const deadline = question.expires_at;
const late = '2026-06-01T14:00:00.000Z';

const ask = (over: Partial<AskedInputRequest> = {}): Command => ({ type: 'Ask', question: { ...question, ...over } });
const ada = { kind: 'user', customer_id: 'acme', user_id: 'ada' } as const;
type Answer = Extract<Command, { type: 'Respond' }>;
const respond = (
  answer: Answer['answer'] = { selected_option: 'yes' },
  at = early,
  over: Partial<Answer> = {},
): Command => ({ type: 'Respond', answer, by: ada, mission_id: null, at, ...over });
const expire = (at = deadline): Command => ({ type: 'Expire', at });
const remind = (at = '2026-06-01T12:30:00.000Z'): Command => ({ type: 'Remind', at });
const { id, customer_id, user_id, mission_id } = question;
const cancel = (at = early): Command => ({ type: 'Cancel', of: { id, customer_id, user_id, mission_id }, at });

/** What stands after these commands, each of which moves. */
function given(...commands: Command[]): State {
  return commands.reduce<State>((state, command) => moved(decide(state, command)).next, null);
}
function moved(decision: Decision): Extract<Decision, { kind: 'moved' }> {
  if (decision.kind !== 'moved') throw new Error(`did not move: ${JSON.stringify(decision)}`);
  return decision;
}
const words = (effects: readonly Effect[]): string[] => effects.map(({ event }) => event);
const outcome = (decision: Decision): unknown[] =>
  decision.kind === 'moved'
    ? [decision.next.status, ...words(decision.effects)]
    : decision.kind === 'refused'
      ? [decision.code]
      : [decision.kind];
const pathOf = (decision: Decision): string | undefined => (decision as Refused).members.errors?.[0]?.path;

const withdrawn = given(cancel());
const pending = given(ask());
const states: Record<string, State> = {
  unknown: null,
  withdrawn,
  pending,
  reminded: given(ask(), remind()),
  responded: given(ask(), respond()),
  expired: given(ask(), expire()),
  'by default': given(ask({ default_option: 'no' }), expire()),
  cancelled: given(ask(), cancel()),
  'cancelled early': given(cancel(), ask()),
};

describe('an input request', () => {
  /** Every state against every command: what comes of it. */
  const table: Record<string, Record<string, unknown[]>> = {
    unknown: {
      ask: ['pending', 'requested'],
      respond: ['INPUT_REQUEST_NOT_FOUND'],
      late: ['INPUT_REQUEST_NOT_FOUND'],
      expire: ['ignored'],
      remind: ['ignored'],
      cancel: ['withdrawn'],
    },
    withdrawn: {
      ask: ['cancelled'],
      respond: ['INPUT_REQUEST_NOT_FOUND'],
      late: ['INPUT_REQUEST_NOT_FOUND'],
      expire: ['ignored'],
      remind: ['ignored'],
      cancel: ['ignored'],
    },
    pending: {
      ask: ['ignored'],
      respond: ['responded', 'responded'],
      late: ['REQUEST_EXPIRED'],
      expire: ['expired', 'expired'],
      remind: ['pending', 'reminder_due'],
      cancel: ['cancelled', 'cancelled'],
    },
    reminded: {
      ask: ['ignored'],
      respond: ['responded', 'responded'],
      late: ['REQUEST_EXPIRED'],
      expire: ['expired', 'expired'],
      remind: ['ignored'],
      cancel: ['cancelled', 'cancelled'],
    },
    responded: {
      ask: ['ignored'],
      respond: ['ALREADY_RESPONDED'],
      late: ['ALREADY_RESPONDED'],
      expire: ['ignored'],
      remind: ['ignored'],
      cancel: ['ignored'],
    },
    expired: {
      ask: ['ignored'],
      respond: ['REQUEST_EXPIRED'],
      late: ['REQUEST_EXPIRED'],
      expire: ['ignored'],
      remind: ['ignored'],
      cancel: ['ignored'],
    },
    'by default': {
      ask: ['ignored'],
      respond: ['REQUEST_EXPIRED'],
      late: ['REQUEST_EXPIRED'],
      expire: ['ignored'],
      remind: ['ignored'],
      cancel: ['ignored'],
    },
    cancelled: {
      ask: ['ignored'],
      respond: ['ALREADY_RESPONDED'],
      late: ['ALREADY_RESPONDED'],
      expire: ['ignored'],
      remind: ['ignored'],
      cancel: ['ignored'],
    },
    'cancelled early': {
      ask: ['ignored'],
      respond: ['ALREADY_RESPONDED'],
      late: ['ALREADY_RESPONDED'],
      expire: ['ignored'],
      remind: ['ignored'],
      cancel: ['ignored'],
    },
  };
  const commands: Record<string, Command> = {
    ask: ask(),
    respond: respond(),
    late: respond(undefined, late),
    expire: expire(),
    remind: remind(),
    cancel: cancel(),
  };
  for (const [state, row] of Object.entries(table)) {
    for (const [command, expected] of Object.entries(row)) {
      it(`${state}, ${command}: ${expected.join(', ')}`, () => {
        expect(outcome(decide(states[state] as State, commands[command] as Command))).to.deep.equal(expected);
      });
    }
  }
  it('is tested with every command in every state', () => {
    expect(Object.keys(table)).to.deep.equal(Object.keys(states));
    for (const row of Object.values(table)) expect(Object.keys(row)).to.deep.equal(Object.keys(commands));
  });

  it('grows by one version with every change', () => {
    expect(states['pending']).to.include({ version: 1 });
    expect(states['reminded']).to.include({ version: 2 });
    expect(given(ask(), remind(), respond())).to.include({ version: 3 });
    expect(states['cancelled early']).to.include({ version: 2, prompt: 'Book it?' });
  });

  it('stores the request as asked, with times in UTC milliseconds and ids in lower case', () => {
    const request = given(
      ask({
        id: id.toUpperCase(),
        mission_id: mission_id.toUpperCase(),
        expires_at: '2026-06-01T15:00:00.1239+02:00',
        remind_at: null,
        urgency: 'critical' as 'high',
      }),
    );
    expect(request).to.include({
      id,
      mission_id,
      expires_at: '2026-06-01T13:00:00.123Z',
      urgency: 'normal',
      status: 'pending',
      remind_at: null,
    });
  });

  it('sets no reminder at or after the deadline', () => {
    for (const remind_at of [deadline, late])
      expect(dueAt(given(ask({ remind_at })) as InputRequest)).to.equal(deadline);
  });

  describe('that is answered', () => {
    it('stores the option, the text, the responder and the time', () => {
      const request = given(ask(), respond({ selected_option: 'no', freeform_text: ' Wednesday? ' }));
      expect(request).to.deep.include({
        status: 'responded',
        responded_at: early,
        response: { selected_option: 'no', freeform_text: ' Wednesday? ', responded_by: 'ada', via: 'api' },
      });
    });

    it('accepts an option alone or text alone, and treats blank text as none', () => {
      const responses = [
        { selected_option: 'yes' },
        { freeform_text: 'hm' },
        { selected_option: 'yes', freeform_text: ' ' },
        { selected_option: null, freeform_text: 'hm' },
      ].map((answer) => (given(ask(), respond(answer)) as InputRequest).response);
      expect(responses.map((response) => [response?.selected_option, response?.freeform_text])).to.deep.equal([
        ['yes', null],
        [null, 'hm'],
        ['yes', null],
        [null, 'hm'],
      ]);
    });

    it('accepts a response before the deadline and refuses one at the deadline', () => {
      expect(outcome(decide(pending, respond(undefined, before)))[0]).to.equal('responded');
      expect(outcome(decide(pending, respond(undefined, deadline)))).to.deep.equal(['REQUEST_EXPIRED']);
      expect(moved(decide(pending, respond())).deadlineGuard).to.equal('before the deadline');
    });

    const closed = given(ask({ allow_freeform: false }));
    const open = given(ask({ options: [] }));
    const wrong: [string, State, Answer['answer'], string][] = [
      ['nothing', pending, {}, ''],
      ['nulls', pending, { selected_option: null, freeform_text: null }, ''],
      ['blank text', pending, { freeform_text: ' \n\t' }, ''],
      ['an unknown option', pending, { selected_option: 'maybe' }, '/selected_option'],
      ['an empty option', pending, { selected_option: '', freeform_text: 'hm' }, '/selected_option'],
      ['an option where there is none', open, { selected_option: 'yes' }, '/selected_option'],
      ['text where none is allowed', closed, { freeform_text: 'hm' }, '/freeform_text'],
      [
        'text beside an option where none is allowed',
        closed,
        { selected_option: 'yes', freeform_text: 'hm' },
        '/freeform_text',
      ],
      ['blank text where none is allowed', closed, { freeform_text: ' ' }, ''],
    ];
    for (const [what, state, answer, path] of wrong) {
      it(`refuses ${what}`, () => {
        const decision = decide(state, respond(answer));
        expect([...outcome(decision), pathOf(decision)]).to.deep.equal(['VALIDATION_FAILED', path]);
      });
    }

    const strangers: [string, Partial<Answer>, string][] = [
      ["an agent's key", { by: { ...ada, kind: 'agent' } }, 'FORBIDDEN'],
      ['the trusted backend as an agent', { by: { ...ada, kind: 'service' } }, 'FORBIDDEN'],
      ['a user without a name', { by: { ...ada, user_id: null } }, 'FORBIDDEN'],
      ['another user', { by: { ...ada, user_id: 'bob' } }, 'INPUT_REQUEST_NOT_FOUND'],
      ["another customer's user of the same name", { by: { ...ada, customer_id: 'other' } }, 'INPUT_REQUEST_NOT_FOUND'],
      ['its user, as one of another mission', { mission_id: id }, 'INPUT_REQUEST_NOT_FOUND'],
    ];
    for (const [who, over, code] of strangers) {
      it(`refuses a response from ${who} in every state`, () => {
        for (const state of Object.values(states))
          expect(outcome(decide(state, respond(undefined, early, over)))).to.deep.equal([code]);
      });
    }
    it('accepts a response from its user that names its mission', () => {
      expect(outcome(decide(pending, respond(undefined, early, { mission_id })))[0]).to.equal('responded');
    });
  });

  describe('with a deadline', () => {
    it('expires at the deadline; an early timer is premature and must be delivered again', () => {
      expect(outcome(decide(pending, expire(before)))).to.deep.equal(['premature']);
      expect(moved(decide(pending, expire())).deadlineGuard).to.equal('after the deadline');
    });
    it('takes its default option via timeout, with nobody as responder', () => {
      expect(states['by default']).to.deep.include({
        status: 'responded',
        responded_at: deadline,
        response: { selected_option: 'no', freeform_text: null, responded_by: null, via: 'timeout' },
      });
      expect(outcome(decide(given(ask({ default_option: 'no' })), expire()))).to.deep.equal(['responded', 'responded']);
    });
  });

  describe('with a reminder', () => {
    it('sends no reminder early, after the deadline, or when none was asked for', () => {
      expect(outcome(decide(pending, remind(early)))).to.deep.equal(['premature']);
      expect(outcome(decide(pending, remind(late)))).to.deep.equal(['ignored']);
      expect(outcome(decide(given(ask({ remind_at: null })), remind()))).to.deep.equal(['ignored']);
    });
  });

  it('that was cancelled before it arrived stores only its owner', () => {
    expect(withdrawn).to.deep.equal({
      status: 'withdrawn',
      id,
      customer_id,
      user_id,
      mission_id,
      version: 1,
      created_at: early,
    });
  });
});
