import { expect } from 'chai';
import type { Command } from '@missions/mission/domain/decide.ts';
import { given } from '@missions/mission/domain/testing/given.ts';
import { aMission, agent, system, type TaskSample, user } from '@missions/mission/domain/testing/sample.ts';
import { nameOf, type Pauser, phases, rowOf, rows, type Standing, standings, statusOf, type Step, steps } from './mission-table.ts';

const actors = { agent, user, system };

/** `f` has failed, so that there is something to retry; a mission that waits does so for one thing, and came from `executing`. */
function standing(at: Standing, more: Record<string, TaskSample> = {}) {
  const isOpen = at.phase !== 'completed' && at.phase !== 'failed' && !at.cancelled;
  return aMission({
    ...at,
    tasks: { f: 'failed', ...(isOpen && more) },
    ...(isOpen && at.phase === 'waiting' && { waits: ['manual:the venue'] }),
  });
}

const commands: Record<Step, Command> = {
  execute: { type: 'PatchMission', patch: { phase: 'executing' } },
  block: { type: 'PatchMission', patch: { status: 'waiting', blocked_by: 'webhook:payment' } },
  unblock: { type: 'PatchMission', patch: { blocked_by: '' } },
  replan: { type: 'PatchMission', patch: { phase: 'planning' } },
  complete: { type: 'PatchMission', patch: { status: 'completed' } },
  fail: { type: 'PatchMission', patch: { status: 'failed' } },
  retry: { type: 'PatchTask', task_id: 'f', patch: { status: 'ready' } },
  pause: { type: 'PatchMission', patch: { status: 'paused' } },
  unpause: { type: 'PatchMission', patch: { status: 'active' } },
  cancel: { type: 'PatchMission', patch: { status: 'cancelled' } },
};

/** Where each step leads by name, as `to` of a refusal says it. */
const targets: Record<Step, string> = {
  execute: 'executing',
  block: 'waiting',
  unblock: 'executing',
  replan: 'planning',
  complete: 'completed',
  fail: 'failed',
  retry: 'executing',
  pause: 'paused',
  unpause: 'active',
  cancel: 'cancelled',
};

type Expected = 'moved' | 'nothing' | 'INVALID_TRANSITION' | 'MISSION_CLOSED';

function expected(step: Step, at: Standing, by: Pauser): Expected {
  if (at.cancelled || at.phase === 'completed') return 'MISSION_CLOSED';
  if (at.phase === 'failed' && !rowOf(step, at.phase)) return 'MISSION_CLOSED';
  if (step === 'pause') return at.paused_by === null || (by === 'user' && at.paused_by !== 'user') ? 'moved' : 'nothing';
  if (step === 'unpause') {
    if (at.paused_by !== null) return by === 'agent' && at.paused_by !== 'agent' ? 'INVALID_TRANSITION' : 'moved';
    return at.phase === 'waiting' ? 'INVALID_TRANSITION' : 'nothing';
  }
  if (rowOf(step, at.phase)) return 'moved';
  const isThere = targets[step] === at.phase && (step === 'execute' || step === 'replan');
  // Nothing is open, so nothing is resolved.
  return isThere || step === 'unblock' ? 'nothing' : 'INVALID_TRANSITION';
}

function landing(step: Step, at: Standing, by: Pauser): Standing {
  const to = rowOf(step, at.phase)?.to;
  return {
    phase: to === 'same' || to === undefined ? at.phase : to === 'remembered' ? 'executing' : to,
    paused_by: step === 'pause' ? by : step === 'unpause' ? null : at.paused_by,
    cancelled: at.cancelled || step === 'cancel',
  };
}

describe('the transition table of missions', () => {
  it('has been read: every phase is left by some step but completed', () => {
    expect(phases.filter((phase) => !rows.some((row) => row.from.includes(phase)))).to.deep.equal(['completed']);
  });

  for (const step of steps) {
    describe(step, () => {
      for (const at of standings) {
        for (const by of ['agent', 'user', 'system'] as const) {
          const outcome = expected(step, at, by);
          it(`from ${nameOf(at)}, by the ${by}: ${outcome}`, () => {
            const when = given(standing(at)).when(commands[step], actors[by]);
            if (outcome === 'nothing') return void when.thenIgnored();
            if (outcome === 'moved') {
              const { next } = when.thenMoved();
              expect(next).to.include(landing(step, at, by));
              return undefined;
            }
            const { members } = when.thenRefused(outcome);
            if (outcome === 'MISSION_CLOSED') return void expect(members).to.include({ status: statusOf(at) });
            expect(members).to.include({ to: targets[step] });
            expect(members['from']).to.be.oneOf([at.phase, statusOf(at)]);
            const listed = steps.filter((one) => rowOf(one, at.phase) && !['unblock'].includes(one));
            expect(listed).to.include.members(members['allowed'] as string[]);
            return undefined;
          });
        }
      }
    });
  }

  describe('what moves a mission besides its own commands', () => {
    it('execute: the first task that leaves ready', () => {
      const { next } = given(aMission({ tasks: { a: 'ready' } })).when({ type: 'PatchTask', task_id: 'a', patch: { status: 'in_progress' } }).thenMoved();
      expect(next.phase).to.equal('executing');
    });

    it('execute: the first task that leaves pending', () => {
      const mission = aMission({ tasks: { a: 'ready', b: { status: 'pending', depends_on: ['a'] } } });
      expect(given(mission).when({ type: 'PatchTask', task_id: 'b', patch: { status: 'skipped' } }).thenMoved().next.phase).to.equal('executing');
    });

    it('starting another task makes executing the phase to return to', () => {
      const mission = aMission({ tasks: { a: 'ready' }, waits: ['manual:go'] });
      expect(mission.return_phase).to.equal('planning');
      const { next } = given(mission).when({ type: 'PatchTask', task_id: 'a', patch: { status: 'in_progress' } }).thenMoved();
      expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
    });

    it('a wait of the whole mission, begun while planning, returns to planning', () => {
      const waiting = given(aMission()).when(commands.block).thenMoved().next;
      expect(waiting).to.include({ phase: 'waiting', return_phase: 'planning' });
      expect(given(waiting).when(commands.unblock).thenMoved().next).to.include({ phase: 'planning', return_phase: null });
    });

    it('a task that waits has executed first', () => {
      const { next } = given(aMission({ tasks: { a: 'ready' } })).when({ type: 'PatchTask', task_id: 'a', patch: { blocked_by: 'webhook:x' } }).thenMoved();
      expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
    });

    it('complete and fail pass from planning through executing, both recorded', () => {
      for (const step of ['complete', 'fail'] as const) {
        const { changes } = given(aMission({ tasks: { a: 'ready' } })).when(commands[step]).thenMoved();
        const path = changes.flatMap((change) => (change.metadata['phase'] as { to: string } | undefined)?.to ?? []);
        expect(path).to.deep.equal(['executing', targets[step]]);
      }
    });

    it('retry goes on waiting while blockers are open, and returns to executing', () => {
      const mission = aMission({ tasks: { f: 'failed' }, waits: ['manual:x'] });
      expect(given(mission).when(commands.retry).thenMoved().next).to.include({ phase: 'waiting', return_phase: 'executing' });
    });
  });
});
