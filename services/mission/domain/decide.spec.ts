import { expect } from 'chai';
import { type Command, decide } from './decide.ts';
import { counter, frozen, given } from './testing/fixtures.ts';
import { aMission, agent, BEFORE, NOW, system, user } from './testing/sample.ts';

/** An agent to whom nobody is talking. */
const alone = { ...agent, conversation_id: '' };

describe('logging an event', () => {
  it('adds the entry to the history and changes nothing else', () => {
    const event = {
      event_type: 'agent_message',
      title: 'Slot',
      content: 'Tuesday',
      task_id: 'a',
      metadata: { x: 1 },
    } as const;
    const mission = aMission({ tasks: { a: 'ready' } });
    const { next, changes } = given(mission).when({ type: 'LogEvent', event }, alone).thenMoved();
    expect(changes).to.deep.equal([
      { kind: 'logged', logged: 'agent_message', title: 'Slot', content: 'Tuesday', task_id: 'a', metadata: { x: 1 } },
    ]);
    expect(next).to.deep.equal(mission);
  });

  it('counts a user message as engagement, also when an agent logs it', () => {
    const log = (event_type: 'user_message' | 'note') =>
      given(aMission({ stale_notified_at: BEFORE }))
        .when({ type: 'LogEvent', event: { event_type } }, alone)
        .thenMoved().next;
    expect(log('user_message')).to.include({ last_user_engagement_at: NOW, stale_notified_at: null });
    expect(log('note')).to.include({ last_user_engagement_at: null, stale_notified_at: BEFORE });
  });

  it('says of a user message that an agent’s key logs that the agent says so', () => {
    const byKey = { ...agent, by_key: true };
    const titleOf = (title: string, event_type: 'user_message' | 'note' = 'user_message') =>
      given(aMission())
        .when({ type: 'LogEvent', event: { event_type, title, content: 'Yes, pay it' } }, byKey)
        .thenMoved().changes[0]?.title;
    expect(titleOf('')).to.equal('agent assistant says the user wrote');
    expect(titleOf('Ada agrees')).to.equal('agent assistant says the user wrote: Ada agrees');
    expect(titleOf('Ada agrees', 'note')).to.equal('Ada agrees');
  });

  it('counts a user message that an agent’s key logs as engagement only in a conversation', () => {
    const engagedBy = (fields: Partial<typeof agent>) =>
      given(aMission({ stale_notified_at: BEFORE }))
        .when({ type: 'LogEvent', event: { event_type: 'user_message' } }, { ...agent, by_key: true, ...fields })
        .thenMoved().next.last_user_engagement_at;
    expect(engagedBy({ conversation_id: 'conversation-b' })).to.equal(NOW);
    expect(engagedBy({ conversation_id: '' })).to.equal(null);
  });

  it('refuses a task of another mission', () => {
    given(aMission())
      .when({ type: 'LogEvent', event: { event_type: 'note', task_id: 'z' } })
      .thenRefused('TASK_NOT_FOUND');
  });

  it('is allowed after the mission has ended', () => {
    given(aMission({ phase: 'completed' }))
      .when({ type: 'LogEvent', event: { event_type: 'note' } })
      .thenMoved();
  });
});

describe('resuming in another conversation', () => {
  it('logs the resumption with its conversation', () => {
    const { changes, next } = given(aMission()).when({ type: 'Resume' }).thenMoved();
    expect(changes).to.deep.include({
      kind: 'resumed',
      title: 'Resumed',
      content: '',
      task_id: null,
      metadata: { conversation_id: 'conversation-b' },
    });
    expect(next.origin_conversation_id).to.equal('conversation-a');
  });

  it("lifts an agent's pause and logs that", () => {
    const { next, changes } = given(aMission({ paused_by: 'agent' }))
      .when({ type: 'Resume' })
      .thenMoved();
    expect(next.paused_by).to.equal(null);
    expect(changes[0]?.metadata['status']).to.deep.equal({ from: 'paused', to: 'active' });
  });

  for (const by of ['user', 'system'] as const) {
    it(`does not lift the pause of the ${by}`, () => {
      expect(
        given(aMission({ paused_by: by }))
          .when({ type: 'Resume' }, agent)
          .thenMoved().next.paused_by,
      ).to.equal(by);
    });
  }

  it('changes and logs nothing on an ended mission', () => {
    for (const ended of [
      aMission({ phase: 'completed' }),
      aMission({ phase: 'failed' }),
      aMission({ cancelled: true }),
    ]) {
      given(ended).when({ type: 'Resume' }).thenIgnored();
    }
  });
});

describe('receiving a signal', () => {
  const signal = (fields: object = {}) => ({
    id: 's1',
    data: { said: 'yes' },
    final: true,
    received_at: NOW,
    ...fields,
  });
  const receive = (blocker_id: string, fields: object = {}) =>
    ({ type: 'ReceiveSignal', blocker_id, signal: signal(fields) }) as const;

  it('returns a task to work with the signal in its result', () => {
    const mission = aMission({
      tasks: { a: { status: 'waiting_external', waits: ['webhook:x'], result: { kept: 1 } } },
    });
    const { task, changeKinds, next } = given(mission)
      .when(receive(mission.blockers[0]?.id ?? ''), system)
      .thenMoved();
    expect(task('a')).to.deep.include({
      status: 'in_progress',
      result: { kept: 1, signal: { key: 'webhook:x', ...signal() } },
    });
    expect(changeKinds).to.deep.equal(['unblocked', 'task_updated']);
    expect(next.blockers[0]).to.deep.include({
      resolved_at: NOW,
      resolution: { by: 'signal', signal: { id: signal().id, final: true, received_at: NOW } },
    });
    expect(next.phase).to.equal('executing');
  });

  it('completes a task that only waits and makes its dependants ready', () => {
    const planned = given(aMission())
      .when({
        type: 'AddTasks',
        tasks: [
          { title: 'reply', ref: 'r', wait_for: { kind: 'email_reply', reference: 'x' } },
          { title: 'book', depends_on: ['r'] },
        ],
      })
      .thenMoved().next;
    const { task, changeKinds } = given(planned)
      .when(receive(planned.blockers[0]?.id ?? ''), system)
      .thenMoved();
    expect(task('reply').status).to.equal('completed');
    expect(task('book').status).to.equal('ready');
    expect(changeKinds).to.deep.equal(['unblocked', 'task_completed', 'task_updated']);
  });

  it('leaves task and mission waiting while another blocker is open', () => {
    const mission = aMission({ tasks: { a: { status: 'waiting_external', waits: ['webhook:x', 'webhook:y'] } } });
    const { task, next } = given(mission)
      .when(receive(mission.blockers[0]?.id ?? ''), system)
      .thenMoved();
    expect(task('a')).to.include({ status: 'waiting_external', blocked_by: 'webhook:y' });
    expect(next.phase).to.equal('waiting');
  });

  it('that is not final ends a wait for any and not a wait for all', () => {
    for (const until of ['all', 'any'] as const) {
      const planned = given(aMission())
        .when({ type: 'AddTasks', tasks: [{ title: 'a', wait_for: { kind: 'email_reply', until } }] })
        .thenMoved().next;
      const when = given(planned).when(receive(planned.blockers[0]?.id ?? '', { final: false }), system);
      if (until === 'all') when.thenIgnored();
      else when.thenMoved();
    }
  });

  it('is applied while the mission is paused and leaves the pause', () => {
    const mission = aMission({ paused_by: 'user', tasks: { a: 'waiting_external' } });
    expect(
      given(mission)
        .when(receive(mission.blockers[0]?.id ?? ''), system)
        .thenMoved().next,
    ).to.include({ paused_by: 'user', phase: 'executing' });
  });

  it('ends a wait of the whole mission', () => {
    const mission = aMission({ waits: ['mission:other'] });
    expect(
      given(mission)
        .when(receive(mission.blockers[0]?.id ?? ''), system)
        .thenMoved().next,
    ).to.include({ phase: 'planning', return_phase: null });
  });

  it('for a wait that has ended changes nothing', () => {
    given(aMission()).when(receive('gone'), system).thenIgnored();
    given(aMission({ phase: 'completed' }))
      .when(receive('gone'), system)
      .thenIgnored();
  });
});

describe('decide', () => {
  it('is deterministic and does not change its arguments', () => {
    const mission = frozen(aMission({ tasks: { a: 'ready' } }));
    const command: Command = {
      type: 'AddTasks',
      tasks: [{ title: 'b', depends_on: ['a'], wait_for: { kind: 'webhook' } }],
    };
    const once = () => decide(mission, command, { at: NOW, actor: user, newId: counter() });
    expect(once()).to.deep.equal(once());
  });

  it('throws faults and returns refusals', () => {
    const broken = () => {
      throw new Error('no ids today');
    };
    expect(() =>
      decide(aMission(), { type: 'AddTasks', tasks: [{ title: 'a' }] }, { at: NOW, actor: agent, newId: broken }),
    ).to.throw('no ids today');
  });
});
