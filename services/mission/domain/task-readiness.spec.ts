import { expect } from 'chai';
import type { TaskPatch } from '@missions/contracts/mission/bodies.ts';
import type { Command } from './decide.ts';
import { given } from './testing/fixtures.ts';
import { aMission, aWait, NOW } from './testing/sample.ts';

const patch = (task_id: string, fields: TaskPatch): Command => ({ type: 'PatchTask', task_id, patch: fields });
const diamond = () =>
  aMission({
    tasks: {
      left: 'in_progress',
      right: 'in_progress',
      join: { status: 'pending', depends_on: ['left', 'right'] },
      last: { status: 'pending', depends_on: ['join'] },
    },
  });

describe('readiness', () => {
  it('requires every dependency and comes with the last one', () => {
    const first = given(diamond())
      .when(patch('left', { status: 'completed' }))
      .thenMoved();
    expect(first.task('join').status).to.equal('pending');
    const second = given(first.next)
      .when(patch('right', { status: 'completed' }))
      .thenMoved();
    expect(second.path('join')).to.deep.equal(['pending', 'ready']);
    expect(second.changeKinds).to.deep.equal(['task_completed', 'task_updated']);
    expect(second.task('last').status).to.equal('pending');
  });

  it('counts a skipped dependency as met', () => {
    const { next } = given(diamond())
      .when(patch('left', { status: 'skipped' }))
      .thenMoved();
    expect(
      given(next)
        .when(patch('right', { status: 'completed' }))
        .thenMoved()
        .task('join').status,
    ).to.equal('ready');
  });

  it('does not follow from a failure: dependants stay pending', () => {
    const { next } = given(diamond())
      .when(patch('left', { status: 'failed' }))
      .thenMoved();
    expect(
      given(next)
        .when(patch('right', { status: 'completed' }))
        .thenMoved()
        .task('join').status,
    ).to.equal('pending');
  });

  it('comes when a failed dependency is skipped', () => {
    const mission = aMission({ tasks: { a: 'failed', b: { status: 'pending', depends_on: ['a'] } } });
    expect(
      given(mission)
        .when(patch('a', { status: 'skipped' }))
        .thenMoved()
        .task('b').status,
    ).to.equal('ready');
  });

  it('depends on depends_on and not on the order of tasks', () => {
    const mission = aMission({ tasks: { a: 'ready', b: 'completed', c: { status: 'pending', depends_on: ['a'] } } });
    expect(
      given(mission)
        .when(patch('c', { title: 'later' }))
        .thenMoved().next.tasks[2]?.status,
    ).to.equal('pending');
  });

  it('opens the blocker of a task that only waits, with its deadline counted from now', () => {
    const mission = aMission({
      tasks: {
        mail: 'in_progress',
        reply: { status: 'pending', depends_on: ['mail'], wait_for: aWait({ timeout_hours: 2 }) },
      },
    });
    const { next, path, task, changeKinds } = given(mission)
      .when(patch('mail', { status: 'completed' }))
      .thenMoved();
    expect(path('reply')).to.deep.equal(['pending', 'ready', 'in_progress', 'waiting_external']);
    expect(task('reply')).to.include({
      blocked_by: 'email_reply:sarah',
      started_at: NOW,
      timeout_at: '2026-03-02T14:00:00.000Z',
    });
    expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
    expect(changeKinds.at(-1)).to.equal('blocked');
  });

  it('opens the blocker also if the dependency was skipped while planning', () => {
    const mission = aMission({
      tasks: { a: 'ready', reply: { status: 'pending', depends_on: ['a'], wait_for: aWait() } },
    });
    expect(
      given(mission)
        .when(patch('a', { status: 'skipped' }))
        .thenMoved().next,
    ).to.include({ phase: 'waiting', return_phase: 'executing' });
  });
});

describe('tasks that only wait, after a replan', () => {
  const replanned = () => {
    const mission = aMission({
      tasks: { reply: { status: 'waiting_external', wait_for: aWait(), waits: ['email_reply:sarah'] }, other: 'ready' },
    });
    return given(mission)
      .when({ type: 'PatchMission', patch: { phase: 'planning' } })
      .thenMoved().next;
  };

  it('stay ready while the mission is planning', () => {
    expect(replanned().tasks[0]).to.include({ status: 'ready', blocked_by: '' });
    expect(replanned().phase).to.equal('planning');
  });

  it('wait again after an explicit execute', () => {
    const { task, next } = given(replanned())
      .when({ type: 'PatchMission', patch: { phase: 'executing' } })
      .thenMoved();
    expect(task('reply').status).to.equal('waiting_external');
    expect(next.phase).to.equal('waiting');
  });

  it('wait again after another task starts', () => {
    const { task, next } = given(replanned())
      .when(patch('other', { status: 'in_progress' }))
      .thenMoved();
    expect(task('reply').status).to.equal('waiting_external');
    expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
  });

  it('wait again after an input request on another task', () => {
    const { task } = given(replanned())
      .when({ type: 'RequestInput', request_id: 'q', request: { prompt: 'Which day?', task_id: 'other' } })
      .thenMoved();
    expect(task('other').status).to.equal('waiting_human');
    expect(task('reply').status).to.equal('waiting_external');
  });

  it('wait again after a further task that only waits is added', () => {
    const { task } = given(replanned())
      .when({ type: 'AddTasks', tasks: [{ title: 'hook', wait_for: { kind: 'webhook' } }] })
      .thenMoved();
    expect(task('hook').status).to.equal('waiting_external');
    expect(task('reply').status).to.equal('waiting_external');
  });
});
