import { type LeaseLoss, leaseLostDetail } from '@missions/contracts/scheduler/runs.ts';
import { Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireOpen } from './mission-steps.ts';
import { isClosed, isOpen, type Mission, waitsForUser } from './state.ts';

/**
 * Autonomous runs, as the mission sees them (specification section 8). The mission's fence grows with each grant and
 * with each step that ends a run (finishing it, pausing or ending the mission), so that a stalled agent that wakes up
 * late cannot overwrite its successor.
 */
export interface Grant {
  readonly run_id: string;
  readonly agent_id: string | null;
  readonly attempt: number;
  readonly reason: string;
}

export interface Settlement {
  readonly run_id: string;
  readonly fence: number;
  readonly status: 'succeeded' | 'failed' | 'expired';
  readonly error: string;
  readonly pause: boolean;
  /** The run asks for another turn at once, which its event tells the scheduler. */
  readonly again?: boolean;
}

/**
 * Whether an agent may run the mission: open, not paused, not waiting for its user as a whole, and with a task to work
 * on or retry, or without any open task (to plan or finish).
 */
export const isRunnable = (mission: Mission): boolean =>
  mission.can_run_autonomously &&
  !isClosed(mission) &&
  mission.paused_by === null &&
  mission.deleted_at === null &&
  !waitsForUser(mission) &&
  (mission.tasks.some((task) => task.status === 'ready' || task.status === 'in_progress' || task.status === 'failed') ||
    !mission.tasks.some(isOpen));

export function grantRun(changes: ChangeBuilder, { run_id, agent_id, attempt, reason }: Grant): void {
  requireOpen(changes.mission);
  if (!isRunnable(changes.mission)) {
    throw new Refused(
      'INVALID_TRANSITION',
      'The mission cannot be run now: it is paused, it waits, or it may not run autonomously.',
      { from: changes.mission.phase, to: 'running', allowed: [] },
    );
  }
  const fence = changes.mission.fence + 1;
  changes.set({ fence, run_id, run_fence: fence, last_autonomous_check: changes.at });
  changes.record('run_started', {
    title: `Run ${attempt > 1 ? `(attempt ${attempt}) ` : ''}started`,
    metadata: { run_id, agent_id, attempt, reason, fence },
  });
}

/** @throws {Refused} `LEASE_LOST` when the run is no longer the mission's current one, or was granted again. */
export function settleRun(changes: ChangeBuilder, { run_id, fence, status, error, pause, again }: Settlement): void {
  if (changes.mission.run_id !== run_id || changes.mission.run_fence !== fence)
    throw leaseLost(changes.mission, { id: run_id, fence });
  changes.set({ fence: changes.mission.fence + 1, run_id: null, run_fence: null, last_autonomous_check: changes.at });
  const metadata = { run_id, status, ...(again && { again }) };
  changes.record('run_finished', { title: `Run ${status}`, content: error, metadata });
  if (pause && !isClosed(changes.mission) && changes.mission.paused_by === null) {
    changes.set({ paused_by: 'system' });
    changes.record('status_changed', {
      title: 'Paused by the system: too many runs failed in a row',
      content: error,
      metadata: { paused_by: 'system' },
    });
  }
}

/** Refuses a write of a run (`X-Run`) that is no longer the mission's current run. */
export function requireLease(mission: Mission, run: { readonly id: string; readonly fence: number }): void {
  if (mission.run_id !== run.id || mission.fence !== run.fence) throw leaseLost(mission, run);
}

/**
 * The reason is a member of the refusal where the mission shows it. Why else a lease ended (it expired, or a kill switch
 * took it) only the scheduler knows.
 */
export function leaseLost(mission?: Mission, run?: { readonly id: string; readonly fence: number }): Refused {
  const reason = mission && run && lossIn(mission, run);
  return new Refused('LEASE_LOST', leaseLostDetail(reason), reason === undefined ? {} : { reason });
}

function lossIn(mission: Mission, run: { readonly id: string; readonly fence: number }): LeaseLoss | undefined {
  if (isClosed(mission)) return 'ended';
  if (mission.paused_by !== null) return 'paused';
  const isAnothers = mission.run_id !== null && (mission.run_id !== run.id || (mission.run_fence ?? 0) > run.fence);
  return isAnothers ? 'taken_over' : undefined;
}
