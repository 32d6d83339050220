import type { TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import { invalidTransition } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { cancel, requireOpen } from './mission-steps.ts';
import { becomeReady } from './task-readiness.ts';
import { type Blocker, isClosed, isOpen, type Mission, openBlockers } from './state.ts';

/**
 * The life cycle of a mission that nobody ends (specification section 8 "Life cycle"):
 *
 *     open ──untouched for its lifetime──▶ stale ──72 h──▶ cancelled and deleted ──30 days──▶ erased
 *       ▲                                   │                   │
 *       ╰──────── its user engages ─────────╯                   │ its user restores it (to paused)
 *       ╰───────────────────────────────────────────────────────╯
 *
 * A timer at `lifeDeadline` triggers each step. A timer that was set for an earlier deadline is out of date and is
 * ignored.
 */
const HOUR = 3_600_000;
/**
 * How long a stale mission stands in its user's inbox before it ends: `grace_period_ends_at`, from `stale_notified_at`
 * on. 24 h after its user was told on a channel that reaches them would do, and nothing tells users so yet.
 */
const GRACE_HOURS = 72;
export const RESTORABLE_DAYS = 30;

const later = (time: string, hours: number): string => new Date(new Date(time).getTime() + hours * HOUR).toISOString();
const latest = (times: readonly (string | null)[]): string =>
  times.reduce<string>((last, time) => (time !== null && time > last ? time : last), '');

/** When the next step of the life cycle is due; null for a mission that has ended and is not deleted. */
export function lifeDeadline(mission: Mission): string | null {
  if (mission.deleted_at !== null) return later(mission.deleted_at, RESTORABLE_DAYS * 24);
  if (isClosed(mission)) return null;
  if (mission.grace_period_ends_at !== null) return mission.grace_period_ends_at;
  const untouched = later(latest([mission.created_at, mission.last_user_engagement_at]), mission.max_lifetime_hours);
  return latest([untouched, ...openBlockers(mission).map(endOfWait)]);
}

/** The longest wait for a signal is a year; a wait for a time may be longer, and its mission then has to be kept. */
const MAX_WAIT_HOURS = 8760;
function endOfWait({ kind, timeout_at, opened_at }: Blocker): string | null {
  const year = later(opened_at, MAX_WAIT_HOURS);
  return kind === 'time' && timeout_at !== null && timeout_at > year ? year : timeout_at;
}

/** Erasure, the last step, removes the mission and decides nothing about its state: see `store/erase-mission.ts`. */
export const isToBeErased = (mission: Mission, deadline: string): boolean =>
  mission.deleted_at !== null && lifeDeadline(mission) === deadline;

/** Takes the next step of the life cycle, if its deadline is still the one that the timer was set for. */
export function age(changes: ChangeBuilder, deadline: string): void {
  const { mission } = changes;
  if (mission.deleted_at !== null || lifeDeadline(mission) !== deadline) return;
  if (mission.grace_period_ends_at === null) {
    changes.set({ stale_notified_at: changes.at, grace_period_ends_at: later(changes.at, GRACE_HOURS) });
    changes.record('stale', {
      title: `Its user has left it untouched: it ends at ${later(changes.at, GRACE_HOURS)} unless they come back`,
      metadata: { grace_period_ends_at: changes.mission.grace_period_ends_at, told_by: 'inbox' },
    });
    return;
  }
  const { phase, return_phase } = mission;
  const tasks = Object.fromEntries(mission.tasks.filter(isOpen).map((task) => [task.id, task.status]));
  cancel(changes);
  changes.set({ deleted_at: changes.at, deletion: { phase: return_phase ?? phase, tasks } });
  changes.record('deleted', {
    title: 'Deleted, and restorable for 30 days',
    metadata: { restorable_until: lifeDeadline(changes.mission) },
  });
}

/** Its user wants it to go on: engagement without a change, which starts its lifetime anew. */
export function keep(changes: ChangeBuilder): void {
  requireOpen(changes.mission);
  const wasStale = changes.mission.stale_notified_at !== null;
  changes.record('updated', {
    title: wasStale ? 'No longer stale: its user keeps it' : 'Kept by its user',
    metadata: { changed: [] },
  });
}

/**
 * Restores a deleted mission for its user: paused, with every task open again that the deletion closed. Started and
 * waiting tasks become ready.
 */
export function restore(changes: ChangeBuilder): void {
  const { deletion, deleted_at } = changes.mission;
  if (deleted_at === null || deletion === null)
    throw invalidTransition(
      'The mission',
      'present',
      'restored',
      [],
      'Only a mission that was deleted can be restored.',
    );
  for (const task of changes.mission.tasks) {
    const was = deletion.tasks[task.id];
    if (was !== undefined) changes.setTask(task.id, { status: reopened(was), completed_at: null });
  }
  changes.set({
    cancelled: false,
    phase: deletion.phase,
    return_phase: null,
    paused_by: 'user',
    outcome: null,
    completed_at: null,
    deleted_at: null,
    deletion: null,
    stale_notified_at: null,
    grace_period_ends_at: null,
    last_user_engagement_at: changes.at,
  });
  changes.record('restored', { title: 'Restored by its user', metadata: { paused_by: 'user' } });
  becomeReady(changes);
}

const reopened = (status: TaskStatus): TaskStatus => (status === 'pending' ? 'pending' : 'ready');
