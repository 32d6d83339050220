import type { Outcome } from '@missions/contracts/mission/vocabulary.ts';
import { invalidTransition, Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { becomeReady, startWaits } from './task-readiness.ts';
import { isClosed, isOpen, isWaiting, type Mission, statusOf } from './state.ts';
import { leavePlanning, moveTask, takeStep } from './task-steps.ts';
import { type MissionStep, missionSteps } from './transitions.ts';
import { cancelAllWaits } from './waiting.ts';

/** The commands of specification section 4.1 on an existing mission. Each checks itself against the table, then does what the step entails. */

export function stepsAllowed(mission: Mission): readonly MissionStep[] {
  if (mission.cancelled) return [];
  const steps = (Object.keys(missionSteps) as MissionStep[]).filter((step) =>
    missionSteps[step].includes(mission.phase),
  );
  return steps.filter((step) =>
    step === 'pause' ? !mission.paused_by : step === 'unpause' ? mission.paused_by !== null : true,
  );
}

/** @throws {Refused} `MISSION_CLOSED` when the mission has ended, `INVALID_TRANSITION` when the table does not list the step. */
export function requireStep(mission: Mission, step: MissionStep, to: string = step): void {
  if (!mission.cancelled && missionSteps[step].includes(mission.phase)) return;
  requireOpen(mission);
  throw invalidTransition('The mission', mission.phase, to, stepsAllowed(mission));
}

export function requireOpen(mission: Mission): void {
  if (!isClosed(mission)) return;
  const status = statusOf(mission);
  const allowed = stepsAllowed(mission);
  const mend = allowed.length ? ` What is still possible: ${allowed.join(', ')}.` : ' Create a new mission to go on.';
  throw new Refused('MISSION_CLOSED', `The mission is ${status}.${mend}`, { status, allowed: [...allowed] });
}

export function execute(draft: ChangeBuilder): void {
  requireStep(draft.mission, 'execute', 'executing');
  draft.set({ phase: 'executing' });
  draft.record('status_changed', { title: 'Execution started' });
  startWaits(draft);
}

export function pause(draft: ChangeBuilder): void {
  requireStep(draft.mission, 'pause', 'paused');
  const { kind } = draft.actor;
  const by = draft.mission.paused_by;
  // A person's pause outranks an agent's and the system's: only the person lifts it then.
  if (by !== null && (by === kind || kind !== 'user')) return;
  draft.set({ paused_by: kind, ...fenceOff(draft) });
  draft.record('status_changed', { title: `Paused by the ${kind}`, metadata: { paused_by: kind } });
}

export function unpause(draft: ChangeBuilder): void {
  requireStep(draft.mission, 'unpause', 'active');
  const by = draft.mission.paused_by;
  if (by === null) {
    if (statusOf(draft.mission) === 'active') return;
    throw invalidTransition(
      'The mission',
      'waiting',
      'active',
      stepsAllowed(draft.mission),
      'It goes on by itself when what it waits for has arrived (see blockers).',
    );
  }
  if (draft.actor.kind === 'agent' && by !== 'agent') {
    throw invalidTransition(
      'The mission',
      'paused',
      'active',
      stepsAllowed(draft.mission).filter((step) => step !== 'unpause'),
      `It was paused by the ${by}; only its user can lift that.`,
    );
  }
  draft.set({ paused_by: null });
  draft.record('status_changed', { title: 'Unpaused', metadata: { paused_by: null } });
}

export function replan(draft: ChangeBuilder): void {
  requireStep(draft.mission, 'replan', 'planning');
  cancelAllWaits(draft);
  for (const task of draft.mission.tasks) {
    if (task.status === 'in_progress' || isWaiting(task)) moveTask(draft, task.id, 'ready');
  }
  draft.set({ phase: 'planning', return_phase: null, ...reopened });
  draft.record('replanned', { title: 'Back to planning' });
}

/** Sends failed tasks back to work: one, or all of them. A failed mission opens again with them. */
export function retry(draft: ChangeBuilder, taskId?: string): void {
  requireStep(draft.mission, 'retry', 'executing');
  const failed = draft.mission.tasks.filter(
    (task) => task.status === 'failed' && (taskId === undefined || task.id === taskId),
  );
  if (failed.length === 0)
    throw new Refused('INVALID_TRANSITION', 'No task of this mission has failed; there is nothing to retry.', {
      from: 'failed',
      to: 'ready',
      allowed: [],
    });
  if (draft.mission.phase === 'failed') {
    draft.set({ phase: 'executing', ...reopened });
    draft.record('status_changed', { title: 'Reopened to retry what failed' });
  }
  leavePlanning(draft);
  for (const task of failed) {
    moveTask(draft, task.id, 'ready', { attempt: task.attempt + 1, error: '', started_at: null, completed_at: null });
  }
  becomeReady(draft);
}

const reopened = { completed_at: null, outcome: null } as const;

export function complete(draft: ChangeBuilder, outcome?: Outcome): void {
  requireStep(draft.mission, 'complete', 'completed');
  if (outcome === 'cancelled' || outcome === 'failed') {
    throw new Refused(
      'VALIDATION_FAILED',
      `A completed mission's outcome is success or partial; to end it as ${outcome}, set that status.`,
      {
        errors: [{ path: '/outcome', message: 'must be success or partial when the status becomes completed' }],
      },
    );
  }
  const partial = draft.mission.tasks.some((task) => task.status === 'failed');
  throughExecuting(draft);
  cancelAllWaits(draft);
  for (const task of draft.mission.tasks) if (isOpen(task)) takeStep(draft, task.id, 'skipped');
  end(draft, { phase: 'completed', return_phase: null, outcome: outcome ?? (partial ? 'partial' : 'success') });
  draft.record('completed', {
    title: 'Mission completed',
    content: draft.mission.summary,
    metadata: { outcome: draft.mission.outcome },
  });
}

export function fail(draft: ChangeBuilder): void {
  requireStep(draft.mission, 'fail', 'failed');
  throughExecuting(draft);
  cancelAllWaits(draft);
  for (const task of draft.mission.tasks) {
    if (task.status === 'in_progress' || isWaiting(task))
      takeStep(draft, task.id, 'failed', { error: 'mission failed' });
  }
  end(draft, { phase: 'failed', return_phase: null, outcome: 'failed' });
  draft.record('failed', { title: 'Mission failed', content: draft.mission.summary });
}

/** The phase stays what it was, `waiting` included: it tells how far the mission had come. */
export function cancel(draft: ChangeBuilder): void {
  requireStep(draft.mission, 'cancel', 'cancelled');
  cancelAllWaits(draft);
  for (const task of draft.mission.tasks) if (isOpen(task)) takeStep(draft, task.id, 'skipped');
  end(draft, { cancelled: true, outcome: 'cancelled' });
  draft.record('cancelled', { title: 'Mission cancelled', content: draft.mission.summary });
}

/** Completing or failing a plan that never began is two steps, both of them in the history. */
function throughExecuting(draft: ChangeBuilder): void {
  if (draft.mission.phase !== 'planning') return;
  draft.set({ phase: 'executing' });
  draft.record('status_changed', { title: 'Execution started' });
}

function end(draft: ChangeBuilder, how: Partial<Mission>): void {
  draft.set({ ...how, completed_at: draft.at, ...fenceOff(draft) });
}

/** Whatever run is under way is over, and its later writes are refused; only the run that did this itself may still be reported as finished. */
function fenceOff({ mission, actor }: ChangeBuilder): Pick<Mission, 'fence' | 'run_id' | 'run_fence'> {
  const own = actor.run !== undefined && actor.run.id === mission.run_id;
  return { fence: mission.fence + 1, run_id: own ? mission.run_id : null, run_fence: own ? mission.run_fence : null };
}
