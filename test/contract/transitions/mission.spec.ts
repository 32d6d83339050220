import { expect } from 'chai';
import type { Command } from '@missions/mission/domain/decide.ts';
import { given } from '@missions/mission/domain/testing/fixtures.ts';
import { aMission, agent, system, type TaskSample, user } from '@missions/mission/domain/testing/sample.ts';
import { missionBodies, retryBody } from './bodies.ts';
import {
  allowed,
  expected,
  landing,
  nameOf,
  phases,
  rows,
  type Standing,
  standings,
  statusOf,
  type Step,
  steps,
  targets,
} from './mission-table.ts';

const actors = { agent, user, system };

/**
 * `f` has failed, so that there is something to retry; a mission that waits does so for one thing, and came from
 * `executing`.
 */
function standing(at: Standing, more: Record<string, TaskSample> = {}) {
  const isOpen = at.phase !== 'completed' && at.phase !== 'failed' && !at.cancelled;
  return aMission({
    ...at,
    tasks: { f: 'failed', ...(isOpen && more) },
    ...(isOpen && at.phase === 'waiting' && { waits: ['manual:the venue'] }),
  });
}

const commandOf = (step: Step): Command =>
  step === 'retry'
    ? { type: 'PatchTask', task_id: 'f', patch: retryBody }
    : { type: 'PatchMission', patch: missionBodies[step] };

describe('the transition table of missions', () => {
  it('is complete: some step leaves every phase except completed', () => {
    expect(phases.filter((phase) => !rows.some((row) => row.from.includes(phase)))).to.deep.equal(['completed']);
  });

  for (const step of steps) {
    describe(step, () => {
      for (const at of standings) {
        for (const by of ['agent', 'user', 'system'] as const) {
          const outcome = expected(step, at, by);
          it(`from ${nameOf(at)}, by the ${by}: ${outcome}`, () => {
            const when = given(standing(at)).when(commandOf(step), actors[by]);
            if (outcome === 'nothing') return void when.thenIgnored();
            if (outcome === 'moved') {
              const { next } = when.thenMoved();
              expect(next).to.include(landing(step, at, by));
              return undefined;
            }
            const { members } = when.thenRefused(outcome);
            expect(members['allowed']).to.have.members(allowed(at).filter((one) => one !== step));
            if (outcome === 'MISSION_CLOSED') return void expect(members).to.include({ status: statusOf(at) });
            expect(members).to.include({ to: targets[step] });
            expect(members['from']).to.be.oneOf([at.phase, statusOf(at)]);
            return undefined;
          });
        }
      }
    });
  }

  describe('steps of a mission that other commands cause', () => {
    it('the first task that leaves ready executes the mission', () => {
      const { next } = given(aMission({ tasks: { a: 'ready' } }))
        .when({ type: 'PatchTask', task_id: 'a', patch: { status: 'in_progress' } })
        .thenMoved();
      expect(next.phase).to.equal('executing');
    });

    it('the first task that leaves pending executes the mission', () => {
      const mission = aMission({ tasks: { a: 'ready', b: { status: 'pending', depends_on: ['a'] } } });
      expect(
        given(mission)
          .when({ type: 'PatchTask', task_id: 'b', patch: { status: 'skipped' } })
          .thenMoved().next.phase,
      ).to.equal('executing');
    });

    it('starting another task during a wait makes executing the phase after it', () => {
      const mission = aMission({ tasks: { a: 'ready' }, waits: ['manual:go'] });
      expect(mission.return_phase).to.equal('planning');
      const { next } = given(mission)
        .when({ type: 'PatchTask', task_id: 'a', patch: { status: 'in_progress' } })
        .thenMoved();
      expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
    });

    it('a wait of the whole mission that began in planning returns to planning', () => {
      const waiting = given(aMission()).when(commandOf('block')).thenMoved().next;
      expect(waiting).to.include({ phase: 'waiting', return_phase: 'planning' });
      expect(given(waiting).when(commandOf('unblock')).thenMoved().next).to.include({
        phase: 'planning',
        return_phase: null,
      });
    });

    it('a task that begins to wait executes the mission first', () => {
      const { next } = given(aMission({ tasks: { a: 'ready' } }))
        .when({ type: 'PatchTask', task_id: 'a', patch: { blocked_by: 'webhook:x' } })
        .thenMoved();
      expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
    });

    it('complete and fail in planning pass through executing, and both steps are recorded', () => {
      for (const step of ['complete', 'fail'] as const) {
        const { changes } = given(aMission({ tasks: { a: 'ready' } }))
          .when(commandOf(step))
          .thenMoved();
        const path = changes.flatMap((change) => (change.metadata['phase'] as { to: string } | undefined)?.to ?? []);
        expect(path).to.deep.equal(['executing', targets[step]]);
      }
    });

    it('a retried mission waits while blockers are open, then returns to executing', () => {
      const mission = aMission({ tasks: { f: 'failed' }, waits: ['manual:x'] });
      expect(given(mission).when(commandOf('retry')).thenMoved().next).to.include({
        phase: 'waiting',
        return_phase: 'executing',
      });
    });
  });
});
