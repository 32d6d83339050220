import { expect } from 'chai';
import { type LeaseLoss, leaseLostDetail } from '@missions/contracts/scheduler/runs.ts';
import type { Command } from './decide.ts';
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
  it('if it has a task to do, nothing planned, everything finished, or a failed task', () => {
    expect(isRunnable(aMission({ ...alone, tasks: { work: 'ready' } }))).to.equal(true);
    expect(isRunnable(aMission({ ...alone, tasks: { work: 'in_progress' } }))).to.equal(true);
    expect(isRunnable(aMission(alone))).to.equal(true);
    expect(isRunnable(aMission({ ...alone, tasks: { work: 'completed' } }))).to.equal(true);
    expect(
      isRunnable(aMission({ ...alone, tasks: { work: 'failed', after: { status: 'pending', depends_on: ['work'] } } })),
    ).to.equal(true);
  });

  it('unless all its tasks wait, it is paused, it has ended, or it may not run by itself', () => {
    expect(isRunnable(aMission({ tasks: { work: 'ready' } }))).to.equal(false);
    expect(
      isRunnable(aMission({ ...alone, tasks: { slot: { status: 'waiting_external', waits: ['webhook:w'] } } })),
    ).to.equal(false);
    expect(isRunnable(aMission({ ...alone, paused_by: 'user' }))).to.equal(false);
    expect(isRunnable(aMission({ ...alone, phase: 'failed' }))).to.equal(false);
  });
});

describe('a run', () => {
  it('is granted under a new fence and logged', () => {
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

  it('may write while it is the current run', () => {
    const mission = running();
    given(mission).when(start, under(mission)).thenMoved();
  });

  it('may not write under an older fence, also if the same run is granted again', () => {
    const first = running();
    const { next: second } = given(first).when(grant('r1', 2), system).thenMoved();
    given(second).when(start, under(first)).thenRefused('LEASE_LOST');
    given(second).when(start, under(second)).thenMoved();
    given(second).when(settle(first.fence), system).thenRefused('LEASE_LOST');
  });

  it('loses its lease if another pauses or ends the mission', () => {
    const mission = running();
    for (const status of ['paused', 'cancelled'] as const) {
      const { next } = given(mission).when({ type: 'PatchMission', patch: { status } }, user).thenMoved();
      given(next).when(start, under(mission)).thenRefused('LEASE_LOST');
      given(next).when(settle(mission.fence), system).thenRefused('LEASE_LOST');
    }
  });

  it('that ended its own mission can still be finished', () => {
    const mission = running();
    const { next } = given(mission)
      .when({ type: 'PatchMission', patch: { status: 'completed' } }, under(mission))
      .thenMoved();
    given(next)
      .when({ type: 'PatchMission', patch: { summary: 'late' } }, under(mission))
      .thenRefused('LEASE_LOST');
    expect(given(next).when(settle(mission.fence), system).thenMoved().changeKinds).to.deep.equal(['run_finished']);
  });

  it('says why its lease is lost where the mission shows it: paused, ended, or taken over', () => {
    const mission = running();
    const reasonAfter = (command: Command): unknown => {
      const { next } = given(mission).when(command, system).thenMoved();
      const { members, detail } = given(next).when(start, under(mission)).thenRefused('LEASE_LOST');
      expect(detail).to.equal(leaseLostDetail(members['reason'] as LeaseLoss | undefined));
      return members['reason'];
    };
    expect(reasonAfter({ type: 'PatchMission', patch: { status: 'paused' } })).to.equal('paused');
    expect(reasonAfter({ type: 'PatchMission', patch: { status: 'cancelled' } })).to.equal('ended');
    expect(reasonAfter(grant('r1', 2))).to.equal('taken_over');
    expect(reasonAfter(grant('r2'))).to.equal('taken_over');
    expect(reasonAfter(settle(mission.fence)), 'known to the scheduler').to.equal(undefined);
  });

  it('is finished once and raises the fence', () => {
    const mission = running();
    const { next } = given(mission).when(settle(mission.fence), system).thenMoved();
    expect(next).to.include({ fence: mission.fence + 1, run_id: null, run_fence: null });
    given(next).when(settle(mission.fence), system).thenRefused('LEASE_LOST');
  });

  it('that failed too often pauses the mission with the reason, and the mission needs attention', () => {
    const mission = running();
    const moved = given(mission)
      .when(settle(mission.fence, { status: 'failed', error: 'no route', pause: true }), system)
      .thenMoved();
    expect(moved.next.paused_by).to.equal('system');
    expect(moved.changes.at(-1)).to.include({ kind: 'status_changed', content: 'no route' });
  });
});
