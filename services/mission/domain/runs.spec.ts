import { expect } from 'chai';
import { isRunnable } from './runs.ts';
import type { Mission } from './state.ts';
import { given } from './testing/fixtures.ts';
import { aMission, agent, NOW, system, user } from './testing/sample.ts';

const alone = { can_run_autonomously: true };
const grant = (run_id = 'r1', attempt = 1) =>
  ({ type: 'GrantRun', grant: { run_id, agent_id: 'helper', attempt, reason: 'interval' } }) as const;
const settle = (fence: number, more: object = {}) =>
  ({
    type: 'SettleRun',
    settlement: { run_id: 'r1', fence, status: 'succeeded', error: '', pause: false, ...more },
  }) as const;
const running = (): Mission =>
  given(aMission({ ...alone, tasks: { work: 'ready' } }))
    .when(grant(), system)
    .thenMoved().next;
const under = (mission: Mission) => ({ ...agent, run: { id: 'r1', fence: mission.fence } });
const start = { type: 'PatchTask', task_id: 'work', patch: { status: 'in_progress' } } as const;

describe('a mission is runnable', () => {
  it('when there is something to do, to plan, to finish, or to try again', () => {
    expect(isRunnable(aMission({ ...alone, tasks: { work: 'ready' } }))).to.equal(true);
    expect(isRunnable(aMission({ ...alone, tasks: { work: 'in_progress' } }))).to.equal(true);
    expect(isRunnable(aMission(alone))).to.equal(true);
    expect(isRunnable(aMission({ ...alone, tasks: { work: 'completed' } }))).to.equal(true);
    expect(
      isRunnable(aMission({ ...alone, tasks: { work: 'failed', after: { status: 'pending', depends_on: ['work'] } } })),
    ).to.equal(true);
  });

  it('not while it waits for everything, is paused, has ended, or may not', () => {
    expect(isRunnable(aMission({ tasks: { work: 'ready' } }))).to.equal(false);
    expect(
      isRunnable(aMission({ ...alone, tasks: { slot: { status: 'waiting_external', waits: ['webhook:w'] } } })),
    ).to.equal(false);
    expect(isRunnable(aMission({ ...alone, paused_by: 'user' }))).to.equal(false);
    expect(isRunnable(aMission({ ...alone, phase: 'failed' }))).to.equal(false);
  });
});

describe('a run', () => {
  it('is granted under a new fence, and told', () => {
    const moved = given(aMission({ ...alone, fence: 7, tasks: { work: 'ready' } }))
      .when(grant(), system)
      .thenMoved();
    expect(moved.next).to.include({ fence: 8, run_id: 'r1', run_fence: 8, last_autonomous_check: NOW });
    expect(moved.changeKinds).to.deep.equal(['run_started']);
  });

  it('is not granted on a mission that cannot be run', () => {
    given(aMission({ ...alone, paused_by: 'user' }))
      .when(grant(), system)
      .thenRefused('INVALID_TRANSITION');
    given(aMission({ ...alone, phase: 'completed' }))
      .when(grant(), system)
      .thenRefused('MISSION_CLOSED');
  });

  it('writes while it is the current one', () => {
    const mission = running();
    given(mission).when(start, under(mission)).thenMoved();
  });

  it('is refused once it was given on, also when the same run is granted anew', () => {
    const first = running();
    const { next: second } = given(first).when(grant('r1', 2), system).thenMoved();
    given(second).when(start, under(first)).thenRefused('LEASE_LOST');
    given(second).when(start, under(second)).thenMoved();
    given(second).when(settle(first.fence), system).thenRefused('LEASE_LOST');
  });

  it('is over when its mission is paused or ended by another', () => {
    const mission = running();
    for (const status of ['paused', 'cancelled'] as const) {
      const { next } = given(mission).when({ type: 'PatchMission', patch: { status } }, user).thenMoved();
      given(next).when(start, under(mission)).thenRefused('LEASE_LOST');
      given(next).when(settle(mission.fence), system).thenRefused('LEASE_LOST');
    }
  });

  it('that ended its mission itself is still settled', () => {
    const mission = running();
    const { next } = given(mission)
      .when({ type: 'PatchMission', patch: { status: 'completed' } }, under(mission))
      .thenMoved();
    given(next)
      .when({ type: 'PatchMission', patch: { summary: 'late' } }, under(mission))
      .thenRefused('LEASE_LOST');
    expect(given(next).when(settle(mission.fence), system).thenMoved().changeKinds).to.deep.equal(['run_finished']);
  });

  it('is settled once, and adds to the fence', () => {
    const mission = running();
    const { next } = given(mission).when(settle(mission.fence), system).thenMoved();
    expect(next).to.include({ fence: mission.fence + 1, run_id: null, run_fence: null });
    given(next).when(settle(mission.fence), system).thenRefused('LEASE_LOST');
  });

  it('that failed too often pauses the mission, which then needs attention, and says why', () => {
    const mission = running();
    const moved = given(mission)
      .when(settle(mission.fence, { status: 'failed', error: 'no route', pause: true }), system)
      .thenMoved();
    expect(moved.next.paused_by).to.equal('system');
    expect(moved.changes.at(-1)).to.include({ kind: 'status_changed', content: 'no route' });
  });
});
