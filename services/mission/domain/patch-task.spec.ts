import { expect } from 'chai';
import type { TaskPatch } from '@missions/contracts/mission/bodies.ts';
import type { Command } from './decide.ts';
import { given } from './testing/fixtures.ts';
import { aMission, aWait, BEFORE, hoursFromNow, NOW, type TaskSample } from './testing/sample.ts';

const patch = (fields: TaskPatch, task_id = 'a'): Command => ({ type: 'PatchTask', task_id, patch: fields });
const having = (sample: TaskSample) => given(aMission({ tasks: { a: sample } }));

describe('patching the fields of a task', () => {
  it('sets the fields and names them in the event', () => {
    const { next, changes } = having('ready')
      .when(patch({ title: 'A', description: 'more', order: 9 }))
      .thenMoved();
    expect(next.tasks[0]).to.include({ title: 'A', description: 'more', order: 9, updated_at: NOW });
    expect(changes.map(({ kind, metadata }) => [kind, metadata['changed']])).to.deep.equal([
      ['task_updated', ['title', 'description', 'order']],
    ]);
  });

  it('changes nothing if the fields already have the sent values', () => {
    having('ready')
      .when(patch({ title: 'a', description: '', order: 1, error: '', result: {} }))
      .thenIgnored();
  });

  it('merges the result by top-level key', () => {
    const { task } = having({ status: 'in_progress', result: { slot: { day: 1 }, kept: true } })
      .when(patch({ result: { slot: { hour: 2 }, more: null } }))
      .thenMoved();
    expect(task('a').result).to.deep.equal({ slot: { hour: 2 }, kept: true, more: null });
  });

  for (const name of ['response', 'responses', 'signal']) {
    it(`reserves result.${name} for the system`, () => {
      const { members } = having('in_progress')
        .when(patch({ result: { [name]: 1 } }))
        .thenRefused('VALIDATION_FAILED');
      expect(members.errors?.map((error) => error.path)).to.deep.equal([`/result/${name}`]);
    });
  }

  it('puts the tasks in their new order', () => {
    const { next } = given(aMission({ tasks: { a: 'ready', b: 'ready' } }))
      .when(patch({ order: 3 }))
      .thenMoved();
    expect(next.tasks.map((task) => task.id)).to.deep.equal(['b', 'a']);
  });

  it('refuses a task of another mission', () => {
    having('ready')
      .when(patch({ title: 'x' }, 'z'))
      .thenRefused('TASK_NOT_FOUND');
  });

  it('is refused in an ended mission', () => {
    given(aMission({ phase: 'completed', tasks: { a: 'completed' } }))
      .when(patch({ title: 'x' }))
      .thenRefused('MISSION_CLOSED');
  });
});

describe('working on a task', () => {
  it('start: stores the time, and the mission executes', () => {
    const { next, changeKinds, task } = having('ready')
      .when(patch({ status: 'in_progress' }))
      .thenMoved();
    expect(task('a').started_at).to.equal(NOW);
    expect(next.phase).to.equal('executing');
    expect(changeKinds).to.deep.equal(['task_updated']);
  });

  it('complete: stores time and result, with the event task_completed', () => {
    const { changeKinds, task } = having('in_progress')
      .when(patch({ status: 'completed', result: { slot: 'Tuesday' } }))
      .thenMoved();
    expect(task('a')).to.deep.include({ completed_at: NOW, result: { slot: 'Tuesday' } });
    expect(changeKinds).to.deep.equal(['task_updated', 'task_completed']);
  });

  it('complete from ready: records both steps through in_progress', () => {
    const { task, path, changeKinds } = having('ready')
      .when(patch({ status: 'completed' }))
      .thenMoved();
    expect(path('a')).to.deep.equal(['ready', 'in_progress', 'completed']);
    expect(changeKinds).to.deep.equal(['task_updated', 'task_completed']);
    expect(task('a')).to.include({ started_at: NOW, completed_at: NOW });
  });

  it('complete: does not end the mission', () => {
    expect(
      having('in_progress')
        .when(patch({ status: 'completed' }))
        .thenMoved().next.phase,
    ).to.equal('executing');
  });

  it('fail: stores the error', () => {
    const { task, changes } = having('in_progress')
      .when(patch({ status: 'failed', error: 'no room' }))
      .thenMoved();
    expect(task('a')).to.include({ status: 'failed', error: 'no room', completed_at: NOW, attempt: 1 });
    expect(changes.at(-1)?.content).to.equal('no room');
  });

  it('skip: is allowed from pending on', () => {
    const mission = aMission({ tasks: { b: 'ready', a: { status: 'pending', depends_on: ['b'] } } });
    expect(
      given(mission)
        .when(patch({ status: 'skipped' }))
        .thenMoved()
        .path('a'),
    ).to.deep.equal(['pending', 'skipped']);
  });

  it('retry: makes the task ready, raises attempt and clears the error', () => {
    const { task } = having({ status: 'failed', error: 'no room', attempt: 2 })
      .when(patch({ status: 'ready' }))
      .thenMoved();
    expect(task('a')).to.include({ status: 'ready', attempt: 3, error: '', started_at: null, completed_at: null });
  });

  it('retry of a task that only waits: opens a new wait with a new deadline', () => {
    const { task, path, next } = having({ status: 'failed', wait_for: aWait() })
      .when(patch({ status: 'ready' }))
      .thenMoved();
    expect(path('a')).to.deep.equal(['failed', 'ready', 'in_progress', 'waiting_external']);
    expect(task('a')).to.include({ attempt: 2, timeout_at: hoursFromNow(24) });
    expect(next.blockers.map((blocker) => blocker.opened_at)).to.deep.equal([NOW]);
  });

  it('retry: reopens a failed mission', () => {
    const mission = aMission({ phase: 'failed', tasks: { a: 'failed', b: 'failed' } });
    const { next, task, changes } = given(mission)
      .when(patch({ status: 'ready' }))
      .thenMoved();
    expect(next).to.include({ phase: 'executing', outcome: null, completed_at: null });
    expect(changes.flatMap((change) => change.metadata['phase'] ?? [])).to.deep.equal([
      { from: 'failed', to: 'executing' },
    ]);
    expect([task('a').status, task('b').status]).to.deep.equal(['ready', 'failed']);
  });
});

describe('blocking a task by patch', () => {
  for (const [sent, key, status] of [
    ['email_reply:42', 'email_reply:42', 'waiting_external'],
    ['webhook:a:b', 'webhook:a:b', 'waiting_external'],
    ['calendar_response:x', 'calendar_response:x', 'waiting_external'],
    ['mission:7', 'mission:7', 'blocked'],
    ['manual:the budget', 'manual:the budget', 'blocked'],
    ['the budget', 'manual:the budget', 'blocked'],
    ['fax:42', 'manual:fax:42', 'blocked'],
    ['human_input', 'manual:human_input', 'blocked'],
  ] as const) {
    it(`"${sent}" opens ${key}`, () => {
      const { next, task, changeKinds, path } = having('in_progress')
        .when(patch({ blocked_by: sent }))
        .thenMoved();
      expect(next.blockers.map((blocker) => [blocker.key, blocker.task_id, blocker.opened_at])).to.deep.equal([
        [key, 'a', NOW],
      ]);
      expect(task('a')).to.include({ status, blocked_by: key });
      expect(changeKinds).to.deep.equal(['task_updated', 'blocked']);
      expect(path('a')).to.deep.equal(['in_progress', status]);
      expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
    });
  }

  it('from ready records both steps through in_progress', () => {
    expect(
      having('ready')
        .when(patch({ blocked_by: 'webhook:x' }))
        .thenMoved()
        .path('a'),
    ).to.deep.equal(['ready', 'in_progress', 'waiting_external']);
  });

  it('resumes the task and ends after a day by default; a manual blocker has no deadline', () => {
    expect(
      having('ready')
        .when(patch({ blocked_by: 'webhook:x' }))
        .thenMoved().next.blockers[0],
    ).to.include({ on_signal: 'resume', on_timeout: 'fail', timeout_at: hoursFromNow(24) });
    const manual = having('ready')
      .when(patch({ blocked_by: 'the budget' }))
      .thenMoved();
    expect(manual.next.blockers[0]).to.include({ timeout_at: null });
    expect(manual.task('a').timeout_at).to.equal(null);
  });

  it('stores the reason', () => {
    expect(
      having('ready')
        .when(patch({ blocked_by: 'webhook:x', blocked_reason: 'payment' }))
        .thenMoved()
        .task('a').blocked_reason,
    ).to.equal('payment');
    expect(
      having('ready')
        .when(patch({ status: 'blocked', blocked_reason: 'payment' }))
        .thenMoved()
        .task('a'),
    ).to.include({ blocked_by: 'manual:payment', blocked_reason: 'payment' });
  });

  it('accepts a reason only together with its blocker', () => {
    for (const fields of [
      {},
      { status: 'completed' },
      { status: 'waiting_external' },
      { title: 'x' },
      { blocked_by: '' },
    ] as const) {
      const { members } = having('in_progress')
        .when(patch({ ...fields, blocked_reason: 'payment' }))
        .thenRefused('VALIDATION_FAILED');
      expect(members.errors?.map(({ path }) => path)).to.deep.equal(['/blocked_reason']);
    }
    having('in_progress')
      .when(patch({ blocked_by: '', blocked_reason: '' }))
      .thenIgnored();
  });

  it('repeated changes nothing; with another text it opens a further blocker', () => {
    const payment = patch({ status: 'blocked', blocked_reason: 'payment' });
    const { next } = having('in_progress').when(payment).thenMoved();
    given(next).when(payment).thenIgnored();
    given(next)
      .when(patch({ status: 'blocked' }))
      .thenIgnored();
    const keys = given(next)
      .when(patch({ status: 'blocked', blocked_reason: 'the weather' }))
      .thenMoved()
      .next.blockers.map((blocker) => blocker.key);
    expect(keys).to.deep.equal(['manual:payment', 'manual:the weather']);
  });

  it('refuses human_input, which has its own call', () => {
    const { members } = having('in_progress')
      .when(patch({ blocked_by: 'human_input:q' }))
      .thenRefused('VALIDATION_FAILED');
    expect(members.errors?.[0]?.path).to.equal('/blocked_by');
  });

  it('names the call for asking the user if waiting_human is sent', () => {
    const { detail } = having('in_progress')
      .when(patch({ status: 'waiting_human' }))
      .thenRefused('INVALID_TRANSITION');
    expect(detail).to.include('input-requests');
    expect(
      having('completed')
        .when(patch({ status: 'in_progress' }))
        .thenRefused('INVALID_TRANSITION').detail,
    ).not.to.include('input-requests');
  });

  it('requires blocked_by and a matching status', () => {
    having('in_progress')
      .when(patch({ status: 'waiting_external' }))
      .thenRefused('VALIDATION_FAILED');
    having('in_progress')
      .when(patch({ status: 'waiting_external', blocked_by: 'manual:x' }))
      .thenRefused('VALIDATION_FAILED');
    having('in_progress')
      .when(patch({ status: 'blocked', blocked_by: 'webhook:x' }))
      .thenRefused('VALIDATION_FAILED');
  });

  it('is refused together with a status that is no waiting status', () => {
    for (const status of ['completed', 'failed', 'skipped'] as const) {
      const { members } = having('in_progress')
        .when(patch({ status, blocked_by: 'webhook:x' }))
        .thenRefused('VALIDATION_FAILED');
      expect(members.errors?.[0]?.path).to.equal('/blocked_by');
    }
  });

  it('is refused together with a retry', () => {
    having('failed')
      .when(patch({ status: 'ready', blocked_by: 'webhook:x' }))
      .thenRefused('VALIDATION_FAILED');
  });

  it('does not open the same blocker twice', () => {
    having({ status: 'waiting_external', waits: ['webhook:x'] })
      .when(patch({ blocked_by: 'webhook:x' }))
      .thenIgnored();
  });

  it('opens a further blocker beside the first, which stays in blocked_by', () => {
    const { task, next } = having({ status: 'blocked', waits: ['manual:x'] })
      .when(patch({ blocked_by: 'webhook:y', blocked_reason: 'payment' }))
      .thenMoved();
    expect(task('a')).to.include({
      status: 'blocked',
      blocked_by: 'manual:x',
      blocked_reason: '',
      timeout_at: hoursFromNow(24),
    });
    expect(next.blockers).to.have.lengthOf(2);
  });

  for (const status of ['pending', 'completed', 'failed', 'skipped'] as const) {
    it(`is refused while ${status}`, () => {
      const mission = aMission({
        tasks: { b: 'in_progress', a: { status, depends_on: status === 'pending' ? ['b'] : [] } },
      });
      const { members } = given(mission)
        .when(patch({ blocked_by: 'webhook:x' }))
        .thenRefused('INVALID_TRANSITION');
      expect(members).to.include({ from: status, to: 'waiting_external' });
    });
  }
});

describe('unblocking a task by patch', () => {
  it('resolves the blockers that may be resolved by hand, and the task returns to work', () => {
    const { task, next, changeKinds } = having({ status: 'waiting_external', waits: ['webhook:x', 'manual:y'] })
      .when(patch({ blocked_by: '' }))
      .thenMoved();
    expect(task('a')).to.include({ status: 'in_progress', blocked_by: '', timeout_at: null, started_at: BEFORE });
    expect(next.blockers.map((blocker) => blocker.resolution)).to.deep.equal([{ by: 'hand' }, { by: 'hand' }]);
    expect(next).to.include({ phase: 'executing', return_phase: null });
    expect(changeKinds).to.deep.equal(['unblocked', 'unblocked', 'task_updated']);
  });

  it('does not resolve an input request', () => {
    having('waiting_human')
      .when(patch({ blocked_by: '' }))
      .thenIgnored();
    const { task } = having({ status: 'waiting_human', waits: ['human_input:q', 'manual:y'] })
      .when(patch({ blocked_by: '' }))
      .thenMoved();
    expect(task('a')).to.include({ status: 'waiting_human', blocked_by: 'human_input:q' });
  });

  it('does not resolve blockers of other tasks', () => {
    const mission = aMission({ tasks: { a: 'blocked', b: 'blocked' }, waits: ['manual:all'] });
    const { next } = given(mission)
      .when(patch({ blocked_by: '' }))
      .thenMoved();
    expect(next.blockers.filter((blocker) => blocker.resolved_at === null).map((blocker) => blocker.key)).to.deep.equal(
      ['manual:b', 'manual:all'],
    );
    expect(next.phase).to.equal('waiting');
  });

  it('changes nothing if no blocker is open', () => {
    having('in_progress')
      .when(patch({ blocked_by: '' }))
      .thenIgnored();
  });
});

describe('leaving a waiting status by hand', () => {
  for (const [from, to] of [
    ['waiting_external', 'in_progress'],
    ['waiting_external', 'completed'],
    ['blocked', 'completed'],
    ['waiting_external', 'skipped'],
    ['waiting_human', 'failed'],
    ['waiting_human', 'skipped'],
  ] as const) {
    it(`${from} → ${to} cancels and logs the open blockers`, () => {
      const { next, task, changes } = having(from)
        .when(patch({ status: to }))
        .thenMoved();
      expect(task('a')).to.include({ status: to, blocked_by: '', blocked_reason: '', timeout_at: null });
      expect(next.blockers.map((blocker) => blocker.resolution)).to.deep.equal([{ by: 'cancelled' }]);
      expect(changes[0]).to.deep.include({ kind: 'unblocked', task_id: 'a' });
      expect(changes[0]?.metadata).to.deep.include({ key: next.blockers[0]?.key, resolution: { by: 'cancelled' } });
      expect(next.phase).to.equal('executing');
    });
  }

  it('never resolves an input request, whatever else changes on the task', () => {
    for (const status of ['in_progress', 'completed'] as const) {
      const { members } = having({ status: 'waiting_external', waits: ['webhook:x', 'human_input:q'] })
        .when(patch({ status }))
        .thenRefused('INVALID_TRANSITION');
      expect(members['allowed']).to.have.members(['failed', 'skipped']);
    }
  });
});

describe('a step that is sent with new dependencies', () => {
  const plan = (status: 'pending' | 'ready', met: 'ready' | 'completed' = 'ready') =>
    given(
      aMission({
        tasks: { first: met, a: status === 'ready' ? 'ready' : { status: 'pending', depends_on: ['first'] } },
      }),
    );

  for (const status of ['in_progress', 'completed'] as const)
    it(`${status} is refused while one of them is open`, () => {
      const { members } = plan('ready')
        .when(patch({ status, depends_on: ['first'] }))
        .thenRefused('INVALID_TRANSITION');
      expect(members).to.deep.include({ from: 'pending', to: status });
    });

  it('that waits for something outside is refused while one of them is open', () => {
    plan('ready')
      .when(patch({ status: 'waiting_external', blocked_by: 'webhook:x', depends_on: ['first'] }))
      .thenRefused('INVALID_TRANSITION');
    plan('ready')
      .when(patch({ blocked_by: 'webhook:x', depends_on: ['first'] }))
      .thenRefused('INVALID_TRANSITION');
  });

  it('is taken if the call itself leaves none of them open', () => {
    const { path } = plan('pending')
      .when(patch({ status: 'in_progress', depends_on: [] }))
      .thenMoved();
    expect(path('a')).to.deep.equal(['pending', 'ready', 'in_progress']);
    plan('ready', 'completed')
      .when(patch({ status: 'completed', depends_on: ['first'] }))
      .thenMoved();
  });

  it('may always be to skip the task', () => {
    expect(
      plan('ready')
        .when(patch({ status: 'skipped', depends_on: ['first'] }))
        .thenMoved()
        .path('a'),
    ).to.deep.equal(['ready', 'pending', 'skipped']);
  });
});
