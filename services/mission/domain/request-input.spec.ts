import { expect } from 'chai';
import type { Edits } from '@missions/contracts/approval/action.ts';
import type { AskedInputRequest, NewInputRequest } from '@missions/contracts/approval/input-request.ts';
import type { MissionChange } from './decision.ts';
import { inboxOf } from './inbox.ts';
import { MAX_PENDING_OF_MISSION } from './request-input.ts';
import { given } from './testing/fixtures.ts';
import { aMission, hoursFromNow } from './testing/sample.ts';

const REQUEST = '0190a000-0000-7000-8000-000000000001';
const ask = (question: Partial<NewInputRequest> = {}) =>
  ({ type: 'RequestInput', request_id: REQUEST, request: { prompt: 'Tuesday at ten?', ...question } }) as const;
const yesNo = [
  { id: 'yes', label: 'Yes' },
  { id: 'no', label: 'No' },
];

const action = { type: 'pay', amount: 120 };
const editing = (name: string): Edits => ({ type: 'object', properties: { [name]: { type: 'number' } } });

const taskIn = (changes: readonly MissionChange[]) =>
  (changes.at(-1)?.event?.['question'] as AskedInputRequest | undefined)?.task;

describe('asking the user', () => {
  it('finds a task by its id in any letter case', () => {
    const moved = given(aMission({ tasks: { slot: 'in_progress' } }))
      .when(ask({ task_id: 'SLOT' }))
      .thenMoved();
    expect(moved.path('slot')).to.deep.equal(['in_progress', 'waiting_human']);
  });

  it('blocks task and mission, and carries the whole input request in the event', () => {
    const moved = given(aMission({ tasks: { slot: 'in_progress' } }))
      .when(ask({ task_id: 'slot', options: yesNo, remind_in_hours: 2 }))
      .thenMoved();
    expect(moved.path('slot')).to.deep.equal(['in_progress', 'waiting_human']);
    expect(moved.next).to.include({ phase: 'waiting', return_phase: 'executing' });
    expect(moved.changeKinds).to.deep.equal(['task_updated', 'input_requested']);
    expect(moved.changes.at(-1)?.event?.['question']).to.deep.equal({
      id: REQUEST,
      customer_id: 'acme',
      user_id: 'ada',
      mission_id: 'mission',
      task_id: 'slot',
      task: { title: 'slot', description: '', as_of: 4 },
      conversation_id: 'conversation-b',
      prompt: 'Tuesday at ten?',
      options: yesNo,
      allow_freeform: true,
      context: null,
      urgency: 'normal',
      expires_at: hoursFromNow(7 * 24),
      default_option: null,
      remind_at: hoursFromNow(2),
      created_at: hoursFromNow(0),
      agent_id: 'assistant',
    });
    expect(moved.task('slot')).to.include({ blocked_by: `human_input:${REQUEST}`, timeout_at: hoursFromNow(7 * 24) });
  });

  it('records both steps of a ready task through in_progress', () => {
    expect(
      given(aMission({ tasks: { slot: 'ready' } }))
        .when(ask({ task_id: 'slot' }))
        .thenMoved()
        .path('slot'),
    ).to.deep.equal(['ready', 'in_progress', 'waiting_human']);
  });

  it('for the whole mission while planning returns to planning', () => {
    expect(given(aMission()).when(ask()).thenMoved().next).to.include({ phase: 'waiting', return_phase: 'planning' });
  });

  it('may be open several times at once', () => {
    const moved = given(aMission({ tasks: { slot: { status: 'waiting_human', waits: ['human_input:other'] } } }))
      .when(ask({ task_id: 'slot' }))
      .thenMoved();
    expect(moved.task('slot')).to.include({ status: 'waiting_human', blocked_by: 'human_input:other' });
    expect(moved.changeKinds).to.deep.equal(['input_requested']);
  });

  it('is truncated between characters, because half a character cannot be stored', () => {
    const { next, changes } = given(aMission())
      .when(ask({ prompt: `x${'🙂'.repeat(300)}` }))
      .thenMoved();
    for (const text of [next.blockers[0]?.reason, changes.at(-1)?.title]) expect(text?.isWellFormed()).to.equal(true);
  });

  it('copies title and description of its task as they are then, and of a long description the beginning', () => {
    const mission = aMission({ tasks: { slot: 'in_progress' } });
    const [slot] = mission.tasks;
    const tasks = [{ ...slot!, title: 'Pay Sarah 10 €', description: 'x'.repeat(20_000) }];
    const { changes } = given({ ...mission, version: 7, tasks })
      .when(ask({ task_id: 'slot' }))
      .thenMoved();
    expect(taskIn(changes)).to.deep.equal({
      title: 'Pay Sarah 10 €',
      description: 'x'.repeat(10_000),
      as_of: 8,
    });
    const whole = given(aMission()).when(ask()).thenMoved();
    expect(taskIn(whole.changes)).to.equal(null);
  });

  for (const status of ['pending', 'completed', 'failed', 'skipped'] as const) {
    it(`is refused for a ${status} task`, () => {
      given(
        aMission({
          tasks: { before: 'in_progress', slot: status === 'pending' ? { status, depends_on: ['before'] } : status },
        }),
      )
        .when(ask({ task_id: 'slot' }))
        .thenRefused('INVALID_TRANSITION');
    });
  }

  it('is refused for an unknown task and in an ended mission', () => {
    given(aMission())
      .when(ask({ task_id: 'none' }))
      .thenRefused('TASK_NOT_FOUND');
    given(aMission({ phase: 'completed' }))
      .when(ask())
      .thenRefused('MISSION_CLOSED');
  });

  const faults: [string, Partial<NewInputRequest>, string][] = [
    ['cannot be answered', { allow_freeform: false }, '/options'],
    ['has two options of one id', { options: [...yesNo, { id: 'yes', label: 'Again' }] }, '/options/2/id'],
    ['has a default that is no option', { options: yesNo, default_option: 'maybe' }, '/default_option'],
    [
      'would let silence decide within the hour',
      { options: yesNo, default_option: 'yes', expires_in_hours: 0.5 },
      '/expires_in_hours',
    ],
    [
      'has its default as the only option',
      { options: [{ id: 'yes', label: 'Yes' }], default_option: 'yes' },
      '/options',
    ],
    [
      'has only options that read like its default',
      {
        options: [
          { id: 'yes', label: 'Yes' },
          { id: 'YES ', label: 'Go' },
          { id: 'ok', label: ' yes' },
        ],
        default_option: 'yes',
      },
      '/options',
    ],
    [
      'lets silence do what is irreversible',
      { action, irreversible: true, options: yesNo, default_option: 'no', expires_in_hours: 2 },
      '/default_option',
    ],
    ['offers changes of nothing', { edits: editing('amount') }, '/edits'],
    ['offers changes of what its action has not', { action, edits: editing('total') }, '/edits/properties/total'],
    ['offers to change the type of its action', { action, edits: editing('type') }, '/edits/properties/type'],
    [
      'proposes what its own schema forbids',
      { action, edits: { type: 'object', properties: { amount: { type: 'number', maximum: 10 } } } },
      '/action/amount',
    ],
    [
      'has a schema that contradicts itself',
      { action, edits: { type: 'object', properties: { amount: { type: 'number', maxLength: 3 } } } },
      '/edits',
    ],
    ['has no option that approves its action', { action, options: [{ id: 'no', label: 'No' }] }, '/options'],
    ['reminds when it is over', { expires_in_hours: 2, remind_in_hours: 2 }, '/remind_in_hours'],
  ];
  for (const [what, question, path] of faults) {
    it(`is refused if the input request ${what}`, () => {
      expect(
        given(aMission())
          .when(ask(question))
          .thenRefused('VALIDATION_FAILED')
          .members.errors?.map((error) => error.path),
      ).to.deep.equal([path]);
    });
  }

  it('carries its action, with the options of an approval unless it has its own', () => {
    const asked = (question: Partial<NewInputRequest>) =>
      given(aMission()).when(ask(question)).thenMoved().changes.at(-1)?.event?.['question'] as AskedInputRequest;
    const edits = editing('amount');
    expect(asked({ action, edits, irreversible: true })).to.deep.include({ action, edits, irreversible: true });
    expect(asked({ action }).options.map(({ id }) => id)).to.deep.equal(['approve', 'reject']);
    expect(asked({ action, options: yesNo })).to.deep.include({ options: yesNo });
    expect(asked({ options: yesNo })).not.to.have.any.keys('action', 'edits', 'irreversible');
  });

  it('is refused when the user has too many questions of the mission to answer, until one is answered', () => {
    const waits = Array.from({ length: MAX_PENDING_OF_MISSION }, (_, index) => `human_input:q${index}`);
    const { detail } = given(aMission({ waits })).when(ask()).thenRefused('RATE_LIMITED');
    expect(detail).to.contain(String(MAX_PENDING_OF_MISSION)).and.to.contain('Ask again');
    given(aMission({ waits: waits.slice(1) }))
      .when(ask())
      .thenMoved();
  });

  it('carries whom it asks beside the user, how many must approve, and when the last one is told', () => {
    const moved = given(aMission())
      .when(ask({ options: yesNo, assignees: ['bea'], quorum: 2, escalate_to: 'dan', expires_in_hours: 16 }))
      .thenMoved();
    const question = moved.changes.at(-1)?.event?.['question'];
    // The reminder is due when a quarter of the time is left; half of that quarter is the last one's.
    expect(question).to.deep.include({
      assignees: ['bea'],
      quorum: 2,
      escalate_to: 'dan',
      escalate_at: hoursFromNow(14),
    });
    const whose = inboxOf(moved.next).map(({ of }) => of);
    expect(whose).to.deep.equal([
      undefined,
      { user_id: 'bea', from: null },
      { user_id: 'dan', from: hoursFromNow(14) },
    ]);
  });

  const escalations: [over: Partial<NewInputRequest>, hours: number][] = [
    [{ expires_in_hours: 10, remind_in_hours: 2 }, 6],
    [{ expires_in_hours: 1 }, 0.875],
    [{ expires_in_hours: 1.2 }, 1.1],
  ];
  for (const [over, hours] of escalations)
    it(`escalates after ${hours} hours what is asked with ${JSON.stringify(over)}`, () => {
      const moved = given(aMission())
        .when(ask({ escalate_to: 'dan', ...over }))
        .thenMoved();
      expect(moved.changes.at(-1)?.event?.['question']).to.include({ escalate_at: hoursFromNow(hours) });
    });

  it('leaves the inbox of each who approves, while the history says who it was', () => {
    const asked = given(aMission())
      .when(ask({ options: yesNo, assignees: ['bea', 'cem'], quorum: 3 }))
      .thenMoved();
    const approval = {
      user_id: 'ada',
      selected_option: 'yes',
      via: 'api',
      responded_at: hoursFromNow(0),
      note: 'Fine',
    };
    const receive = (over: object, given: number) => ({
      ...{ type: 'ReceiveApproval' as const },
      approval: { request_id: REQUEST, approval: { ...approval, ...over }, given, quorum: 3 },
    });
    const one = given(asked.next).when(receive({}, 1)).thenMoved();
    expect(one.changes[0]).to.deep.include({
      ...{ kind: 'logged', logged: 'user_message', content: 'Fine' },
      title: 'Approved by "ada", 1 of 3: "Tuesday at ten?"',
    });
    expect(inboxOf(one.next).map(({ of }) => of?.user_id)).to.deep.equal(['bea', 'cem']);
    expect(one.next.phase).to.equal('waiting');
    const two = given(one.next)
      .when(receive({ user_id: 'cem' }, 2))
      .thenMoved();
    expect(inboxOf(two.next).map(({ of }) => of?.user_id)).to.deep.equal(['bea']);
  });

  it('gives nobody else the right to give its agents more power', () => {
    for (const over of [{ assignees: ['bea'] }, { escalate_to: 'bea' }])
      given(aMission())
        .when(ask({ proposes: { can_run_autonomously: true }, ...over }))
        .thenRefused('VALIDATION_FAILED');
  });
});
