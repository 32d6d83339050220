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

describe('closing', () => {
  for (const status of ['completed', 'cancelled', 'failed'] as const) {
    it(`${status}: every open blocker is cancelled, and each says so`, () => {
      const { next, changes } = given(everything()).when(patch({ status })).thenMoved();
      expect(next.blockers).to.have.lengthOf(4);
      expect(next.blockers.map((blocker) => blocker.resolution)).to.deep.equal(
        next.blockers.map(() => ({ by: 'cancelled' })),
      );
      const keys = changes.filter((change) => change.kind === 'unblocked').map((change) => change.metadata['key']);
      expect(keys).to.deep.equal(['human_input:asking', 'email_reply:mailing', 'manual:stuck', 'manual:the venue']);
    });

    it(`${status}: is told last, adds one to the fence, and takes the time`, () => {
      const { next, changeKinds } = given(everything({ fence: 4 }))
        .when(patch({ status, summary: 'what came of it' }))
        .thenMoved();
      expect(changeKinds.at(-1)).to.equal(status);
      expect(next).to.include({ fence: 5, completed_at: NOW, summary: 'what came of it' });
    });

    it(`${status}: no entry shows the mission at work again, once its waits are cancelled`, () => {
      const { changes } = given(everything()).when(patch({ status })).thenMoved();
      const shown = changes.flatMap((change) => (change.metadata['status'] as { to: string } | undefined)?.to ?? []);
      expect(shown).to.deep.equal([status]);
    });
  }

  it('completed: open tasks are skipped, and the outcome is partial when one failed', () => {
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

  it('completed: success when none failed, and what the caller says otherwise', () => {
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

  it('cancelled: open tasks are skipped, the phase stays', () => {
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

  it('cancelled while planning: the phase stays planning, although its tasks are skipped', () => {
    const mission = aMission({ tasks: { a: 'ready', b: { status: 'pending', depends_on: ['a'] } } });
    const { next } = given(mission)
      .when(patch({ status: 'cancelled' }))
      .thenMoved();
    expect(next).to.include({ phase: 'planning', cancelled: true });
  });

  it('failed: what was started or waited fails, what was not stays', () => {
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

  it('a failed mission may still be cancelled, and is that then', () => {
    const { next } = given(aMission({ phase: 'failed', tasks: { a: 'ready', b: 'failed' } }))
      .when(patch({ status: 'cancelled' }))
      .thenMoved();
    expect(next).to.include({ phase: 'failed', cancelled: true, outcome: 'cancelled', completed_at: NOW });
    expect(statuses(next)).to.deep.equal({ a: 'skipped', b: 'failed' });
  });

  it('takes no new readiness: dependants are skipped, not made ready', () => {
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

describe('replan', () => {
  it('takes started and waiting tasks back to ready, and leaves the others', () => {
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

  it('opens a failed mission again', () => {
    const { next } = given(aMission({ phase: 'failed', tasks: { a: 'failed', b: 'ready' } }))
      .when(patch({ phase: 'planning' }))
      .thenMoved();
    expect(next).to.include({ phase: 'planning', outcome: null, completed_at: null });
    expect(statuses(next)).to.deep.equal({ a: 'failed', b: 'ready' });
  });

  it('leaves a pause as it is', () => {
    const { next } = given(aMission({ paused_by: 'user', tasks: { a: 'in_progress' } }))
      .when(patch({ phase: 'planning' }))
      .thenMoved();
    expect(next).to.include({ phase: 'planning', paused_by: 'user' });
  });
});

describe('pausing', () => {
  it('adds one to the fence and says who did it', () => {
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
    it(`the ${then.kind} changes nothing about the pause of the ${by}`, () => {
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

  it('lets the phase go on changing beneath', () => {
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

  it('unpausing a mission that waits shows it waiting', () => {
    const { changes } = given(aMission({ paused_by: 'agent', waits: ['manual:x'] }))
      .when(patch({ status: 'active' }))
      .thenMoved();
    expect(changes[0]?.metadata['status']).to.deep.equal({ from: 'paused', to: 'waiting' });
  });
});

describe('retry', () => {
  it('leaves unstarted tasks of a failed mission as they stood, and takes back what it failed', () => {
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

  it('makes executing the phase to return to, while the mission waits since it was planned', () => {
    const mission = aMission({ tasks: { a: 'failed' }, waits: ['manual:x'], return_phase: 'planning' });
    const { next } = given(mission)
      .when({ type: 'PatchTask', task_id: 'a', patch: { status: 'ready' } })
      .thenMoved();
    expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
  });

  it('is refused from planning', () => {
    const mission = aMission({ phase: 'planning', tasks: { a: 'failed' } });
    const { members } = given(mission)
      .when({ type: 'PatchTask', task_id: 'a', patch: { status: 'ready' } })
      .thenRefused('INVALID_TRANSITION');
    expect(members).to.include({ from: 'planning', to: 'executing' });
  });
});
