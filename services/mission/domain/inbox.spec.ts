import { expect } from 'chai';
import type { Attention } from '@missions/contracts/mission/vocabulary.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Command } from './decide.ts';
import type { Actor } from './decision.ts';
import { attentionOf, inboxChanges, inboxOf, needsAttention } from './inbox.ts';
import type { Concern, Mission } from './state.ts';
import { given } from './testing/fixtures.ts';
import { agent, aMission, BEFORE, hoursFromNow, NOW, system, user } from './testing/sample.ts';

const question = newId();
const mail = newId();
const unanswered: Concern = {
  kind: 'unanswered',
  reference: question,
  task_id: null,
  summary: 'Nobody answered: Tuesday?',
  agent_id: 'assistant',
  since: BEFORE,
};
const spent = { revision: 1, until: NOW, since: BEFORE };
const bounced: Concern = { ...unanswered, kind: 'bounced', reference: mail, summary: 'Undeliverable to "x": "y"' };

describe('why a mission needs attention', () => {
  const rows: [why: string, mission: Mission, attention: Attention[]][] = [
    ['nothing', aMission({ tasks: { a: 'waiting_external', b: 'completed' }, paused_by: 'user' }), []],
    ['a question about a task', aMission({ tasks: { a: 'waiting_human' } }), ['question']],
    ['a question about the mission', aMission({ waits: ['human_input:q'] }), ['question']],
    ['two questions', aMission({ waits: ['human_input:q', 'human_input:r'] }), ['question']],
    ['a failed task', aMission({ tasks: { a: 'failed' } }), ['task_failed']],
    ['a pause of the system', aMission({ paused_by: 'system' }), ['paused_by_system']],
    ['a question that nobody answered', aMission({ concerns: [unanswered] }), ['unanswered']],
    ['a wait that ended under an older version', aMission({ unanswered_at: BEFORE }), ['unanswered']],
    ['mail that did not arrive', aMission({ concerns: [bounced] }), ['bounced']],
    ['its near end', aMission({ stale_notified_at: BEFORE, grace_period_ends_at: NOW }), ['stale']],
    ['a spent budget', aMission({ budget: spent }), ['budget']],
    ['no budget that has renewed', aMission({ budget: { ...spent, until: null } }), []],
    [
      'several things at once',
      aMission({ tasks: { a: 'failed', b: 'waiting_human' }, concerns: [bounced], paused_by: 'system' }),
      ['question', 'task_failed', 'paused_by_system', 'bounced'],
    ],
    ['nothing after its end', aMission({ phase: 'completed', tasks: { a: 'failed' }, concerns: [bounced] }), []],
    ['nothing once it is deleted', aMission({ deleted_at: NOW, budget: spent, tasks: { a: 'failed' } }), []],
  ];
  for (const [why, mission, attention] of rows)
    it(`is ${why}`, () => {
      expect(attentionOf(mission)).to.deep.equal(attention);
      expect(needsAttention(mission)).to.equal(attention.length > 0);
      expect([...new Set(inboxOf(mission).map(({ kind }) => kind))]).to.deep.equal(attention);
    });

  it('is no longer a question that was answered', () => {
    const asked = aMission({ waits: ['human_input:q'] });
    const blockers = asked.blockers.map((blocker) => ({ ...blocker, resolved_at: BEFORE }));
    expect(attentionOf({ ...asked, blockers })).to.deep.equal([]);
  });
});

describe('an item of the inbox', () => {
  it('of a question says what is asked, by whom, how urgently and until when', () => {
    const request = { prompt: 'Tuesday at ten?', urgency: 'high', expires_in_hours: 4 } as const;
    const command: Command = { type: 'RequestInput', request_id: question, request };
    const { next } = given(aMission({ tasks: { a: 'ready' } }))
      .when(command)
      .thenMoved();
    expect(inboxOf(next)).to.deep.equal([
      {
        key: `question:${question}`,
        kind: 'question',
        task_id: null,
        request_id: question,
        summary: 'Tuesday at ten?',
        since: NOW,
        until: hoursFromNow(4),
        urgency: 'high',
        agent_id: 'assistant',
      },
    ]);
  });

  it('quotes what others wrote in one line', () => {
    const [item] = inboxOf(aMission({ tasks: { a: { status: 'failed', title: 'Book\nit', error: 'no\u2028room' } } }));
    expect(item?.summary).to.equal(String.raw`Task "Book\nit" failed: "no\u2028room"`);
  });

  const nobody: Command = { type: 'ExpireInputRequest', request_id: question };
  const askedAbout = (on_timeout: 'fail' | 'resume'): Mission => {
    const asked = aMission({
      tasks: { a: { status: 'waiting_human', waits: [`human_input:${question}`], blocked_reason: 'Tuesday?' } },
    });
    return { ...asked, blockers: asked.blockers.map((blocker) => ({ ...blocker, on_timeout, reason: 'Tuesday?' })) };
  };
  it('stands for a question about a task that nobody answered in time', () => {
    const { next } = given(askedAbout('fail')).when(nobody, system).thenMoved();
    expect(inboxOf(next).find(({ kind }) => kind === 'unanswered')).to.include({
      key: `unanswered:${question}`,
      task_id: 'a',
      request_id: question,
      summary: 'Nobody answered: Tuesday?',
      since: NOW,
    });
    expect(attentionOf(next)).to.deep.equal(['task_failed', 'unanswered']);
  });

  it('does not stand for one without whose answer the task goes on', () => {
    expect(inboxOf(given(askedAbout('resume')).when(nobody, system).thenMoved().next)).to.deep.equal([]);
  });

  it('stands once for a question about the mission that nobody answered', () => {
    const { next } = given(aMission({ waits: [`human_input:${question}`] }))
      .when(nobody, system)
      .thenMoved();
    expect(inboxOf(next).map(({ key }) => key)).to.deep.equal([`unanswered:${question}`]);
  });

  const bounce = (recipient: string, all: string[]): Command => ({
    type: 'ReceiveBounce',
    outcome: {
      tracking_id: mail,
      task_id: 'a',
      subject: 'Room?',
      recipient,
      reason: 'no such user',
      nobody_left: false,
      pending_from: [],
      received_from: [],
      bounced: all,
    },
  });
  it('stands once for an e-mail, however many of its recipients it did not reach', () => {
    const sent = aMission({ tasks: { a: 'in_progress' } });
    const first = given(sent)
      .when(bounce('bob@x.test', ['bob@x.test']), system)
      .thenMoved().next;
    const second = given(first)
      .when(bounce('eve@x.test', ['bob@x.test', 'eve@x.test']), system)
      .thenMoved().next;
    expect(inboxOf(second).map(({ key, summary }) => [key, summary])).to.deep.equal([
      [`bounced:${mail}`, 'Undeliverable to "eve@x.test" and 1 more: "Room?"'],
    ]);
    expect(inboxChanges(first, second).map(({ key, ended }) => [key, ended])).to.deep.equal([
      [`bounced:${mail}`, false],
    ]);
  });

  const concerned = aMission({
    tasks: { a: 'in_progress', b: 'ready' },
    concerns: [unanswered, { ...bounced, task_id: 'a' }],
  });
  const ask: Command = { type: 'RequestInput', request_id: newId(), request: { prompt: 'Wednesday?' } };
  const write = { to: ['sarah@x.test'], subject: 'Room?', body: 'Is it free?' };
  const deeds: [what: string, command: Command, actor: Actor, left: Attention[]][] = [
    ['the user keeps the mission', { type: 'Keep' }, user, []],
    ['its task goes on', { type: 'PatchTask', task_id: 'a', patch: { status: 'completed' } }, agent, ['unanswered']],
    [
      'another task goes on',
      { type: 'PatchTask', task_id: 'b', patch: { status: 'completed' } },
      agent,
      ['unanswered', 'bounced'],
    ],
    ['an agent asks anew', ask, agent, ['question', 'bounced']],
    [
      'an agent writes anew',
      { type: 'RequestEmail', tracking_id: newId(), email: { ...write, task_id: 'a' } },
      agent,
      ['unanswered'],
    ],
    ['an agent notes something', { type: 'LogEvent', event: { event_type: 'note' } }, agent, ['unanswered', 'bounced']],
    ['the mission ends', { type: 'PatchMission', patch: { status: 'cancelled' } }, agent, []],
  ];
  for (const [what, command, actor, left] of deeds)
    it(`${left.length < 2 || left.includes('question') ? 'is over' : 'stays'} when ${what}`, () => {
      expect(attentionOf(given(concerned).when(command, actor).thenMoved().next)).to.deep.equal(left);
    });
});

describe('what a decision changes in the inbox', () => {
  const failed = aMission({ tasks: { a: 'failed', b: 'ready' } });
  const change = (after: Partial<Mission>) =>
    inboxChanges(failed, { ...failed, ...after }).map(({ key, ended }) => `${key}${ended ? ' ended' : ''}`);
  const withTask = (fields: object) => failed.tasks.map((task) => (task.id === 'a' ? { ...task, ...fields } : task));

  const rows: [what: string, after: Partial<Mission>, changes: string[]][] = [
    ['nothing, if the mission changes elsewhere', { metadata: { x: 1 }, version: 9 }, []],
    [
      'nothing, if another task changes',
      { tasks: failed.tasks.map((t) => (t.id === 'b' ? { ...t, title: 'c' } : t)) },
      [],
    ],
    ['the item, if its task says something else', { tasks: withTask({ error: 'no room' }) }, ['task_failed:a']],
    ['the item, if its mission is about something else', { title: 'Another' }, ['task_failed:a']],
    ['a further item', { paused_by: 'system' }, ['paused_by_system']],
    ['its end', { tasks: withTask({ status: 'ready' }) }, ['task_failed:a ended']],
    ['its end with the mission', { deleted_at: NOW }, ['task_failed:a ended']],
  ];
  for (const [what, after, changes] of rows) it(`is ${what}`, () => expect(change(after)).to.deep.equal(changes));

  it('is nothing when a mission is created with a plan', () => {
    expect(inboxChanges(null, aMission({ tasks: { a: 'ready', b: 'pending' } }))).to.deep.equal([]);
  });
});
