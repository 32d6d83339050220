import { expect } from 'chai';
import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import type { Command } from './decide.ts';
import { MAX_TASKS } from './plan.ts';
import { given, nothing } from './testing/fixtures.ts';
import { aMission, hoursFromNow, type TaskSample } from './testing/sample.ts';

const add = (...tasks: NewTask[]): Command => ({ type: 'AddTasks', tasks });
const depends = (task_id: string, ...depends_on: string[]): Command => ({
  type: 'PatchTask',
  task_id,
  patch: { depends_on },
});

describe('adding tasks', () => {
  it('places them last in the order sent, and after a sent order', () => {
    const { next } = given(aMission({ tasks: { a: { status: 'ready', order: 7 } } }))
      .when(add({ title: 'b' }, { title: 'c', order: 3 }, { title: 'd' }))
      .thenMoved();
    expect(next.tasks.map((task) => [task.title, task.order])).to.deep.equal([
      ['c', 3],
      ['d', 4],
      ['a', 7],
      ['b', 8],
    ]);
  });

  it('lets order repeat and breaks ties by id', () => {
    const { next } = given(aMission({ tasks: { a: 'ready' } }))
      .when(add({ title: 'x', order: 1 }, { title: 'y', order: 1 }))
      .thenMoved();
    expect(next.tasks.map((task) => task.id)).to.deep.equal(['a', 'new-0001', 'new-0002']);
  });

  it('gives each the defaults of a task', () => {
    const { task } = given(aMission())
      .when(add({ title: 'a' }))
      .thenMoved();
    expect(task('a')).to.deep.include({
      description: '',
      depends_on: [],
      result: {},
      error: '',
      attempt: 1,
      blocked_by: '',
      wait_for: null,
      started_at: null,
    });
  });

  it('resolves dependencies by id in any letter case, and by ref within the call', () => {
    const { task } = given(aMission({ tasks: { a: 'ready' } }))
      .when(add({ title: 'b', depends_on: ['A', 'next', 'a'] }, { title: 'c', ref: 'next' }))
      .thenMoved();
    expect(task('b').depends_on).to.deep.equal(['a', task('c').id]);
  });

  it('refuses refs of an earlier call', () => {
    const { next } = given(aMission())
      .when(add({ title: 'a', ref: 'first' }))
      .thenMoved();
    const { members } = given(next)
      .when(add({ title: 'b', depends_on: ['first'] }))
      .thenRefused('INVALID_DEPENDENCY');
    expect(members).to.deep.include({ dependency: 'first' });
  });

  it('refuses one ref for two tasks', () => {
    const { members } = given(aMission())
      .when(add({ title: 'a', ref: 'x' }, { title: 'b', ref: 'x' }))
      .thenRefused('VALIDATION_FAILED');
    expect(members.errors?.map((error) => error.path)).to.deep.equal(['/tasks/1/ref']);
  });

  it('refuses a cycle and names its tasks', () => {
    const cycle = [
      { title: 'a', ref: 'a', depends_on: ['c'] },
      { title: 'b', ref: 'b', depends_on: ['a'] },
      { title: 'c', ref: 'c', depends_on: ['b'] },
    ];
    const { members, detail } = given(aMission({ tasks: { z: 'ready' } }))
      .when(add(...cycle))
      .thenRefused('CIRCULAR_DEPENDENCY');
    expect(members['cycle']).to.have.members(['new-0001', 'new-0002', 'new-0003']);
    expect(detail).to.include('"a", "b", "c"');
  });

  it('refuses a task that depends on itself', () => {
    given(aMission())
      .when(add({ title: 'a', ref: 'a', depends_on: ['a'] }))
      .thenRefused('CIRCULAR_DEPENDENCY');
  });

  it('adds all tasks or none', () => {
    given(aMission())
      .when(add({ title: 'a' }, { title: 'b', depends_on: ['a mistake'] }))
      .thenRefused('INVALID_DEPENDENCY');
  });

  it('accepts up to a thousand tasks', () => {
    const samples = Object.fromEntries(
      Array.from({ length: MAX_TASKS - 1 }, (_, index): [string, TaskSample] => [`t${index}`, 'ready']),
    );
    const mission = aMission({ tasks: samples });
    given(mission)
      .when(add({ title: 'last' }))
      .thenMoved();
    given(mission)
      .when(add({ title: 'last' }, { title: 'too many' }))
      .thenRefused('VALIDATION_FAILED');
  });

  it('accepts a forward chain of the maximum length', () => {
    const chain = Array.from({ length: 200 }, (_, index): NewTask => ({
      title: `t${index}`,
      ref: `r${index}`,
      ...(index < 199 && { depends_on: [`r${index + 1}`] }),
    }));
    const { next } = given(aMission())
      .when(add(...chain))
      .thenMoved();
    expect(next.tasks.filter((task) => task.status === 'ready').map((task) => task.title)).to.deep.equal(['t199']);
  });

  it('is refused in an ended mission', () => {
    given(aMission({ phase: 'completed' }))
      .when(add({ title: 'a' }))
      .thenRefused('MISSION_CLOSED');
  });
});

describe('a task that only waits', () => {
  it('by default waits a day for all signals with its own id as reference, and completes', () => {
    const { task, next } = given(aMission())
      .when(add({ title: 'a', wait_for: { kind: 'webhook' } }))
      .thenMoved();
    expect(task('a').wait_for).to.deep.equal({
      kind: 'webhook',
      reference: task('a').id,
      timeout_hours: 24,
      until: 'all',
      on_signal: 'complete',
      on_timeout: 'fail',
      accept_after: null,
      reason: '',
    });
    expect(next.blockers[0]).to.deep.include({
      key: `webhook:${task('a').id}`,
      timeout_at: hoursFromNow(24),
      until: 'all',
      on_signal: 'complete',
      on_timeout: 'fail',
    });
  });

  it('stores the fields of wait_for', () => {
    const wait_for = {
      kind: 'calendar_response',
      reference: 'r',
      timeout_hours: 0.5,
      until: 'any',
      on_signal: 'resume',
      on_timeout: 'resume',
      accept_after: '2026-03-01T00:00:00+01:00',
      reason: 'their answer',
    } as const;
    const { task, next } = given(aMission())
      .when(add({ title: 'a', wait_for }))
      .thenMoved();
    expect(task('a').wait_for).to.deep.equal({ ...wait_for, accept_after: '2026-02-28T23:00:00.000Z' });
    expect(next.blockers[0]).to.deep.include({
      key: 'calendar_response:r',
      timeout_at: hoursFromNow(0.5),
      until: 'any',
      on_signal: 'resume',
      on_timeout: 'resume',
      reason: 'their answer',
    });
    expect(task('a')).to.include({
      blocked_by: 'calendar_response:r',
      blocked_reason: 'their answer',
      timeout_at: hoursFromNow(0.5),
    });
  });

  for (const [name, flat, kind, hours] of [
    ['wait_for_external', { wait_for_external: true }, 'webhook', 24],
    ['external_event_type', { external_event_type: 'email_reply' }, 'email_reply', 24],
    [
      'timeout_hours',
      { wait_for_external: true, external_event_type: 'calendar_response', timeout_hours: 2 },
      'calendar_response',
      2,
    ],
  ] as const) {
    it(`accepts the older flat form: ${name}`, () => {
      const { task, next } = given(aMission())
        .when(add({ title: 'a', ...flat }))
        .thenMoved();
      expect(next.blockers[0]).to.include({
        key: `${kind}:${task('a').id}`,
        timeout_at: hoursFromNow(hours),
        on_signal: 'complete',
      });
      expect(task('a').status).to.equal('waiting_external');
    });
  }

  it('does not wait if wait_for_external is false', () => {
    expect(
      given(aMission())
        .when(add({ title: 'a', wait_for_external: false }))
        .thenMoved()
        .task('a').status,
    ).to.equal('ready');
  });

  it('refuses both forms at once', () => {
    const { members } = given(aMission())
      .when(add({ title: 'a' }, { title: 'b', wait_for: { kind: 'webhook' }, timeout_hours: 3 }))
      .thenRefused('VALIDATION_FAILED');
    expect(members.errors?.[0]?.path).to.equal('/tasks/1/wait_for');
  });

  for (const [kind, status] of [
    ['email_reply', 'waiting_external'],
    ['calendar_response', 'waiting_external'],
    ['webhook', 'waiting_external'],
    ['mission', 'blocked'],
    ['manual', 'blocked'],
  ] as const) {
    it(`for ${kind} is ${status}`, () => {
      expect(
        given(aMission())
          .when(add({ title: 'a', wait_for: { kind } }))
          .thenMoved()
          .task('a').status,
      ).to.equal(status);
    });
  }
});

describe('changing depends_on', () => {
  const chain = () =>
    aMission({
      tasks: {
        a: 'ready',
        b: { status: 'pending', depends_on: ['a'] },
        c: { status: 'pending', depends_on: ['b'] },
        done: 'completed',
      },
    });

  it('is stored and announced, also if the task stays pending', () => {
    const { task, changeKinds, changes } = given(chain()).when(depends('c', 'a')).thenMoved();
    expect(task('c')).to.deep.include({ depends_on: ['a'], status: 'pending' });
    expect(changeKinds).to.deep.equal(['task_updated']);
    expect(changes[0]?.metadata['changed']).to.deep.equal(['depends_on']);
  });

  it('makes the task ready or pending', () => {
    expect(given(chain()).when(depends('b')).thenMoved().task('b').status).to.equal('ready');
    expect(given(chain()).when(depends('b', 'done')).thenMoved().task('b').status).to.equal('ready');
    expect(given(chain()).when(depends('a', 'c')).thenRefused('CIRCULAR_DEPENDENCY').members['cycle']).to.have.members([
      'a',
      'b',
      'c',
    ]);
    const apart = aMission({ tasks: { a: 'ready', b: 'ready' } });
    expect(given(apart).when(depends('a', 'b')).thenMoved().path('a')).to.deep.equal(['ready', 'pending']);
  });

  it('changes nothing if it names the same tasks', () => {
    given(chain())
      .when(depends('b', 'a', 'A'))
      .thenIgnored();
  });

  it('refuses the task itself and tasks of other missions', () => {
    given(chain()).when(depends('a', 'a')).thenRefused('CIRCULAR_DEPENDENCY');
    given(chain()).when(depends('a', 'stranger')).thenRefused('INVALID_DEPENDENCY');
  });

  for (const status of [
    'in_progress',
    'waiting_human',
    'waiting_external',
    'blocked',
    'completed',
    'failed',
    'skipped',
  ] as const) {
    it(`is refused while ${status}`, () => {
      const { members } = given(aMission({ tasks: { a: status, done: 'completed' } }))
        .when(depends('a', 'done'))
        .thenRefused('INVALID_TRANSITION');
      expect(members).to.include({ from: status });
    });
  }
});

describe('a refused plan', () => {
  it('names the path in the body, also for a single task', () => {
    const { members } = nothing
      .whenCreating({ title: 'm', tasks: [{ title: 'a', wait_for: { kind: 'webhook' }, timeout_hours: 3 }] })
      .thenRefused('VALIDATION_FAILED');
    expect(members.errors?.[0]?.path).to.equal('/tasks/0/wait_for');
  });
});
