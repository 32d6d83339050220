import { expect } from 'chai';
import type { MissionPatch } from '@missions/contracts/mission/bodies.ts';
import type { Command } from './decide.ts';
import { given } from './testing/fixtures.ts';
import { aMission, agent, aWait, type MissionSample, NOW, system, user } from './testing/sample.ts';

const patch = (fields: MissionPatch): Command => ({ type: 'PatchMission', patch: fields });

/** One task of every status, and a wait of the whole mission. */
const everything = (more: MissionSample = {}) =>
  aMission({
    tasks: {
      pending: { status: 'pending', depends_on: ['ready'] },
      ready: 'ready',
      working: 'in_progress',
      asking: 'waiting_human',
      mailing: 'waiting_external',
      stuck: 'blocked',
      done: 'completed',
      broken: 'failed',
      dropped: 'skipped',
    },
    waits: ['manual:the venue'],
    ...more,
  });

const statuses = (mission: { tasks: readonly { title: string; status: string }[] }) =>
  Object.fromEntries(mission.tasks.map((task) => [task.title, task.status]));
const ended = { done: 'completed', broken: 'failed', dropped: 'skipped' };

describe('ending a mission', () => {
  for (const status of ['completed', 'cancelled', 'failed'] as const) {
    it(`${status}: cancels and logs every open blocker`, () => {
      const { next, changes } = given(everything()).when(patch({ status })).thenMoved();
      expect(next.blockers).to.have.lengthOf(4);
      expect(next.blockers.map((blocker) => blocker.resolution)).to.deep.equal(
        next.blockers.map(() => ({ by: 'cancelled' })),
      );
      const keys = changes.filter((change) => change.kind === 'unblocked').map((change) => change.metadata['key']);
      expect(keys).to.deep.equal(['human_input:asking', 'email_reply:mailing', 'manual:stuck', 'manual:the venue']);
    });

    it(`${status}: logs the end last, raises the fence and stores the time`, () => {
      const { next, changeKinds } = given(everything({ fence: 4 }))
        .when(patch({ status, summary: 'what came of it' }))
        .thenMoved();
      expect(changeKinds.at(-1)).to.equal(status);
      expect(next).to.include({ fence: 5, completed_at: NOW, summary: 'what came of it' });
    });

    it(`${status}: no entry shows the mission executing after its blockers are cancelled`, () => {
      const { changes } = given(everything()).when(patch({ status })).thenMoved();
      const shown = changes.flatMap((change) => (change.metadata['status'] as { to: string } | undefined)?.to ?? []);
      expect(shown).to.deep.equal([status]);
    });
  }

  it('completed: skips open tasks; the outcome is partial if a task failed', () => {
    const { next } = given(everything())
      .when(patch({ status: 'completed' }))
      .thenMoved();
    expect(statuses(next)).to.deep.equal({
      pending: 'skipped',
      ready: 'skipped',
      working: 'skipped',
      asking: 'skipped',
      mailing: 'skipped',
      stuck: 'skipped',
      ...ended,
    });
    expect(next).to.include({ phase: 'completed', outcome: 'partial', return_phase: null });
  });

  it('completed: the outcome is success by default, or as the caller says', () => {
    const done = aMission({ tasks: { a: 'completed' } });
    expect(
      given(done)
        .when(patch({ status: 'completed' }))
        .thenMoved().next.outcome,
    ).to.equal('success');
    expect(
      given(done)
        .when(patch({ status: 'completed', outcome: 'partial' }))
        .thenMoved().next.outcome,
    ).to.equal('partial');
    given(done)
      .when(patch({ status: 'completed', outcome: 'failed' }))
      .thenRefused('VALIDATION_FAILED');
    given(done)
      .when(patch({ outcome: 'partial' }))
      .thenRefused('VALIDATION_FAILED');
  });

  it('cancelled: skips open tasks and keeps the phase', () => {
    const { next } = given(everything())
      .when(patch({ status: 'cancelled' }))
      .thenMoved();
    expect(statuses(next)).to.deep.equal({
      pending: 'skipped',
      ready: 'skipped',
      working: 'skipped',
      asking: 'skipped',
      mailing: 'skipped',
      stuck: 'skipped',
      ...ended,
    });
    expect(next).to.include({ phase: 'waiting', cancelled: true, outcome: 'cancelled' });
  });

  it('cancelled while planning: keeps the phase planning although tasks are skipped', () => {
    const mission = aMission({ tasks: { a: 'ready', b: { status: 'pending', depends_on: ['a'] } } });
    const { next } = given(mission)
      .when(patch({ status: 'cancelled' }))
      .thenMoved();
    expect(next).to.include({ phase: 'planning', cancelled: true });
  });

  it('failed: fails started and waiting tasks and keeps unstarted ones', () => {
    const { next, task } = given(everything())
      .when(patch({ status: 'failed' }))
      .thenMoved();
    expect(statuses(next)).to.deep.equal({
      pending: 'pending',
      ready: 'ready',
      working: 'failed',
      asking: 'failed',
      mailing: 'failed',
      stuck: 'failed',
      ...ended,
    });
    expect(task('working').error).to.equal('mission failed');
    expect(next).to.include({ phase: 'failed', outcome: 'failed' });
  });

  it('a failed mission can still be cancelled', () => {
    const { next } = given(aMission({ phase: 'failed', tasks: { a: 'ready', b: 'failed' } }))
      .when(patch({ status: 'cancelled' }))
      .thenMoved();
    expect(next).to.include({ phase: 'failed', cancelled: true, outcome: 'cancelled', completed_at: NOW });
    expect(statuses(next)).to.deep.equal({ a: 'skipped', b: 'failed' });
  });

  it('skips dependants instead of making them ready', () => {
    const mission = aMission({
      tasks: { a: 'in_progress', b: { status: 'pending', depends_on: ['a'], wait_for: aWait() } },
    });
    const { path, next } = given(mission)
      .when(patch({ status: 'completed' }))
      .thenMoved();
    expect(path('b')).to.deep.equal(['pending', 'skipped']);
    expect(next.blockers).to.deep.equal([]);
  });
});

describe('replanning', () => {
  it('returns started and waiting tasks to ready and keeps the others', () => {
    const { next, changeKinds } = given(everything())
      .when(patch({ phase: 'planning' }))
      .thenMoved();
    expect(statuses(next)).to.deep.equal({
      pending: 'pending',
      ready: 'ready',
      working: 'ready',
      asking: 'ready',
      mailing: 'ready',
      stuck: 'ready',
      ...ended,
    });
    expect(next).to.include({ phase: 'planning', return_phase: null });
    expect(next.blockers.every((blocker) => blocker.resolved_at === NOW)).to.equal(true);
    expect(changeKinds.at(-1)).to.equal('replanned');
  });

  it('reopens a failed mission', () => {
    const { next } = given(aMission({ phase: 'failed', tasks: { a: 'failed', b: 'ready' } }))
      .when(patch({ phase: 'planning' }))
      .thenMoved();
    expect(next).to.include({ phase: 'planning', outcome: null, completed_at: null });
    expect(statuses(next)).to.deep.equal({ a: 'failed', b: 'ready' });
  });

  it('keeps a pause', () => {
    const { next } = given(aMission({ paused_by: 'user', tasks: { a: 'in_progress' } }))
      .when(patch({ phase: 'planning' }))
      .thenMoved();
    expect(next).to.include({ phase: 'planning', paused_by: 'user' });
  });
});

describe('pausing', () => {
  it('raises the fence and stores who paused', () => {
    const { next, changes } = given(aMission({ fence: 1 }))
      .when(patch({ status: 'paused' }))
      .thenMoved();
    expect(next).to.include({ paused_by: 'agent', fence: 2, phase: 'planning' });
    expect(changes[0]).to.deep.include({
      kind: 'status_changed',
      metadata: { paused_by: 'agent', status: { from: 'active', to: 'paused' } },
    });
  });

  for (const [by, then, stands] of [
    ['agent', user, 'user'],
    ['system', user, 'user'],
  ] as const) {
    it(`the ${then.kind} takes over the pause of the ${by}`, () => {
      expect(
        given(aMission({ paused_by: by }))
          .when(patch({ status: 'paused' }), then)
          .thenMoved().next.paused_by,
      ).to.equal(stands);
    });
  }
  for (const [by, then] of [
    ['user', agent],
    ['user', system],
    ['system', agent],
    ['agent', system],
    ['agent', agent],
  ] as const) {
    it(`the ${then.kind} does not change the pause of the ${by}`, () => {
      given(aMission({ paused_by: by }))
        .when(patch({ status: 'paused' }), then)
        .thenIgnored();
    });
  }

  for (const [by, lifts] of [
    ['agent', agent],
    ['agent', user],
    ['system', user],
    ['user', user],
  ] as const) {
    it(`the ${lifts.kind} lifts the pause of the ${by}`, () => {
      const { next, changes } = given(aMission({ paused_by: by, fence: 3 }))
        .when(patch({ status: 'active' }), lifts)
        .thenMoved();
      expect(next).to.include({ paused_by: null, fence: 3 });
      expect(changes[0]?.metadata['status']).to.deep.equal({ from: 'paused', to: 'active' });
    });
  }
  for (const by of ['user', 'system'] as const) {
    it(`an agent does not lift the pause of the ${by}`, () => {
      const { members, detail } = given(aMission({ paused_by: by }))
        .when(patch({ status: 'active' }))
        .thenRefused('INVALID_TRANSITION');
      expect(members).to.include({ from: 'paused', to: 'active' });
      expect(members['allowed']).not.to.include('unpause');
      expect(detail).to.include(`paused by the ${by}`);
    });
  }

  it('lets the phase change while paused', () => {
    const mission = aMission({ paused_by: 'user', tasks: { a: 'ready', b: 'blocked' } });
    const { next } = given(mission)
      .when({ type: 'PatchTask', task_id: 'b', patch: { blocked_by: '' } })
      .thenMoved();
    expect(next).to.include({ paused_by: 'user', phase: 'executing' });
    expect(
      given(next)
        .when(patch({ status: 'active' }), user)
        .thenMoved().changes[0]?.metadata['status'],
    ).to.deep.equal({ from: 'paused', to: 'active' });
  });

  it('unpausing a waiting mission shows it as waiting', () => {
    const { changes } = given(aMission({ paused_by: 'agent', waits: ['manual:x'] }))
      .when(patch({ status: 'active' }))
      .thenMoved();
    expect(changes[0]?.metadata['status']).to.deep.equal({ from: 'paused', to: 'waiting' });
  });
});

describe('retrying failed tasks', () => {
  it('retries the tasks that the failure failed, and keeps unstarted ones', () => {
    const failed = given(everything())
      .when(patch({ status: 'failed' }))
      .thenMoved().next;
    const { next, task } = given(failed)
      .when({ type: 'PatchTask', task_id: 'working', patch: { status: 'ready' } })
      .thenMoved();
    expect(next).to.include({ phase: 'executing', outcome: null, completed_at: null });
    expect(task('working')).to.include({ status: 'ready', attempt: 2, error: '' });
    expect(task('pending').status).to.equal('pending');
  });

  it('makes executing the phase to return to while the mission waits', () => {
    const mission = aMission({ tasks: { a: 'failed' }, waits: ['manual:x'], return_phase: 'planning' });
    const { next } = given(mission)
      .when({ type: 'PatchTask', task_id: 'a', patch: { status: 'ready' } })
      .thenMoved();
    expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
  });

  it('is refused while planning', () => {
    const mission = aMission({ phase: 'planning', tasks: { a: 'failed' } });
    const { members } = given(mission)
      .when({ type: 'PatchTask', task_id: 'a', patch: { status: 'ready' } })
      .thenRefused('INVALID_TRANSITION');
    expect(members).to.include({ from: 'planning', to: 'executing' });
  });
});
