import type { Outcome, Phase } from '@missions/contracts/mission/vocabulary.ts';
import { invalidTransition, Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { becomeReady, startWaits } from './task-readiness.ts';
import { isClosed, isOpen, isWaiting, type Mission, statusOf } from './state.ts';
import { leavePlanning, moveTask, takeStep } from './task-steps.ts';
import { cancelAllWaits } from './waiting.ts';

/**
 * The mission's state machine (specification section 4.1): which step is possible in which phase, and what each step
 * does.
 *
 *     planning ──execute──▶ executing ──complete──▶ completed
 *        ▲  ╲               │  ▲   ╲
 *        │   block     block│  │unblock ╲──fail──▶ failed
 *        │     ╲            ▼  │                    │
 *        │      ╰────────▶ waiting                  │
 *        ╰───────────── replan ◀────────────────────╯   (retry leads from failed to executing)
 *
 * A blocker opens the phase `waiting`, and the end of the last one leads back to the phase before (`waiting.ts`).
 * Completing or failing a plan that never began passes through `executing`. Pause and cancel are flags above the phase
 * and leave it as it is; the status that people see follows from phase and flags (`statusOf`). A step that
 * `missionSteps` does not list for a phase is refused.
 */
export type MissionStep =
  'execute' | 'block' | 'replan' | 'complete' | 'fail' | 'retry' | 'pause' | 'unpause' | 'cancel';

export const missionSteps: Record<MissionStep, readonly Phase[]> = {
  execute: ['planning'],
  block: ['planning', 'executing', 'waiting'],
  replan: ['executing', 'waiting', 'failed'],
  complete: ['planning', 'executing', 'waiting'],
  fail: ['planning', 'executing', 'waiting'],
  retry: ['executing', 'waiting', 'failed'],
  pause: ['planning', 'executing', 'waiting'],
  unpause: ['planning', 'executing', 'waiting'],
  cancel: ['planning', 'executing', 'waiting', 'failed'],
};

export function stepsAllowed(mission: Mission): readonly MissionStep[] {
  if (mission.cancelled) return [];
  const steps = (Object.keys(missionSteps) as MissionStep[]).filter((step) =>
    missionSteps[step].includes(mission.phase),
  );
  return steps.filter((step) =>
    step === 'pause' ? !mission.paused_by : step === 'unpause' ? mission.paused_by !== null : true,
  );
}

/**
 * @throws {Refused} `MISSION_CLOSED` when the mission has ended, `INVALID_TRANSITION` when the table does not list the
 * step.
 */
export function requireStep(mission: Mission, step: MissionStep, to: string = step): void {
  if (!mission.cancelled && missionSteps[step].includes(mission.phase)) return;
  requireOpen(mission);
  throw invalidTransition('The mission', mission.phase, to, stepsAllowed(mission));
}

export function requireOpen(mission: Mission): void {
  if (!isClosed(mission)) return;
  const status = statusOf(mission);
  const allowed = stepsAllowed(mission);
  const mend = allowed.length
    ? ` Still possible: ${allowed.join(', ')}.`
    : ' Create a new mission to continue the work.';
  throw new Refused('MISSION_CLOSED', `The mission is ${status}.${mend}`, { status, allowed: [...allowed] });
}

export function execute(changes: ChangeBuilder): void {
  requireStep(changes.mission, 'execute', 'executing');
  changes.set({ phase: 'executing' });
  changes.record('status_changed', { title: 'Execution started' });
  startWaits(changes);
}

export function pause(changes: ChangeBuilder): void {
  requireStep(changes.mission, 'pause', 'paused');
  const { kind } = changes.actor;
  const by = changes.mission.paused_by;
  // The user's pause replaces an agent's or the system's pause; only the user lifts it.
  if (by !== null && (by === kind || kind !== 'user')) return;
  changes.set({ paused_by: kind, ...fenceOff(changes) });
  changes.record('status_changed', { title: `Paused by the ${kind}`, metadata: { paused_by: kind } });
}

export function unpause(changes: ChangeBuilder): void {
  requireStep(changes.mission, 'unpause', 'active');
  const by = changes.mission.paused_by;
  if (by === null) {
    if (statusOf(changes.mission) === 'active') return;
    throw invalidTransition(
      'The mission',
      'waiting',
      'active',
      stepsAllowed(changes.mission),
      'The mission continues by itself when its waits have ended (see blockers).',
    );
  }
  if (changes.actor.kind === 'agent' && by !== 'agent') {
    throw invalidTransition(
      'The mission',
      'paused',
      'active',
      stepsAllowed(changes.mission).filter((step) => step !== 'unpause'),
      `The mission was paused by the ${by}; only its user can lift this pause.`,
    );
  }
  changes.set({ paused_by: null });
  changes.record('status_changed', { title: 'Unpaused', metadata: { paused_by: null } });
}

export function replan(changes: ChangeBuilder): void {
  requireStep(changes.mission, 'replan', 'planning');
  cancelAllWaits(changes);
  for (const task of changes.mission.tasks) {
    if (task.status === 'in_progress' || isWaiting(task)) moveTask(changes, task.id, 'ready');
  }
  changes.set({ phase: 'planning', return_phase: null, ...reopened });
  changes.record('replanned', { title: 'Back to planning' });
}

/** Makes one failed task, or every failed task, ready again. A failed mission opens again. */
export function retry(changes: ChangeBuilder, taskId?: string): void {
  requireStep(changes.mission, 'retry', 'executing');
  const failed = changes.mission.tasks.filter(
    (task) => task.status === 'failed' && (taskId === undefined || task.id === taskId),
  );
  if (failed.length === 0)
    throw new Refused(
      'INVALID_TRANSITION',
      `${taskId === undefined ? 'No task of this mission has failed' : 'This task has not failed'}; there is nothing to retry.`,
      { from: taskId === undefined ? 'failed' : changes.task(taskId).status, to: 'ready', allowed: [] },
    );
  if (changes.mission.phase === 'failed') {
    changes.set({ phase: 'executing', ...reopened });
    changes.record('status_changed', { title: 'Reopened to retry what failed' });
  }
  leavePlanning(changes);
  for (const task of failed) {
    moveTask(changes, task.id, 'ready', { attempt: task.attempt + 1, error: '', started_at: null, completed_at: null });
  }
  becomeReady(changes);
}

const reopened = { completed_at: null, outcome: null } as const;

export function complete(changes: ChangeBuilder, outcome?: Outcome): void {
  requireStep(changes.mission, 'complete', 'completed');
  if (outcome === 'cancelled' || outcome === 'failed') {
    throw new Refused(
      'VALIDATION_FAILED',
      `A completed mission's outcome is success or partial; to end it as ${outcome}, set that status.`,
      {
        errors: [{ path: '/outcome', message: 'must be success or partial when the status becomes completed' }],
      },
    );
  }
  const partial = changes.mission.tasks.some((task) => task.status === 'failed');
  throughExecuting(changes);
  cancelAllWaits(changes);
  for (const task of changes.mission.tasks) if (isOpen(task)) takeStep(changes, task.id, 'skipped');
  end(changes, { phase: 'completed', return_phase: null, outcome: outcome ?? (partial ? 'partial' : 'success') });
  changes.record('completed', {
    title: 'Mission completed',
    content: changes.mission.summary,
    metadata: { outcome: changes.mission.outcome },
  });
}

export function fail(changes: ChangeBuilder): void {
  requireStep(changes.mission, 'fail', 'failed');
  throughExecuting(changes);
  cancelAllWaits(changes);
  for (const task of changes.mission.tasks) {
    if (task.status === 'in_progress' || isWaiting(task))
      takeStep(changes, task.id, 'failed', { error: 'mission failed' });
  }
  end(changes, { phase: 'failed', return_phase: null, outcome: 'failed' });
  changes.record('failed', { title: 'Mission failed', content: changes.mission.summary });
}

/** Leaves the phase unchanged, `waiting` included: the phase shows how far the mission had come. */
export function cancel(changes: ChangeBuilder): void {
  requireStep(changes.mission, 'cancel', 'cancelled');
  cancelAllWaits(changes);
  for (const task of changes.mission.tasks) if (isOpen(task)) takeStep(changes, task.id, 'skipped');
  end(changes, { cancelled: true, outcome: 'cancelled' });
  changes.record('cancelled', { title: 'Mission cancelled', content: changes.mission.summary });
}

/** Completing or failing a mission that is still planned takes two steps, and the history shows both. */
function throughExecuting(changes: ChangeBuilder): void {
  if (changes.mission.phase !== 'planning') return;
  changes.set({ phase: 'executing' });
  changes.record('status_changed', { title: 'Execution started' });
}

function end(changes: ChangeBuilder, how: Partial<Mission>): void {
  changes.set({ ...how, completed_at: changes.at, ...fenceOff(changes) });
}

/**
 * Ends the current run: the higher fence refuses its later writes. If the run itself takes the step, the mission keeps
 * its id, so that the run can still be reported as finished.
 */
function fenceOff({ mission, actor }: ChangeBuilder): Pick<Mission, 'fence' | 'run_id' | 'run_fence'> {
  const own = actor.run !== undefined && actor.run.id === mission.run_id;
  return { fence: mission.fence + 1, run_id: own ? mission.run_id : null, run_fence: own ? mission.run_fence : null };
}
