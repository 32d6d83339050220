import type { Priority, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';

/**
 * When a mission gets its next autonomous run (specification section 8 "Autonomous missions"), decided from the
 * mission's events:
 *
 *     not runnable ──becomes runnable──▶ due at once ──dispatch──▶ run open ──ends──▶ due after an interval ──▶ …
 *                                           ▲                                            │
 *                                           ╰── something that it waited for has come ───╯
 *
 * Nothing is due while a run is open, but a mission that becomes runnable meanwhile, or for which something comes that
 * the run has not seen, is due the moment the run has ended. The mission's version tells what a run has seen: all up to
 * its grant. It also tells whether a run changed anything: granting and settling add one each, and every version
 * between the two was a change.
 */
export interface WatchedMission {
  readonly mission_id: string;
  readonly customer_id: string;
  readonly user_id: string;
  /** The greatest version of which an event arrived; 0 before the mission's first event. */
  readonly version: number;
  readonly runnable: boolean;
  /** Only the id is left of the mission. The row stays, so that late events do not create the mission again. */
  readonly erased: boolean;
  readonly next_run_at: string | null;
  readonly next_reason: Run['reason'];
  /** How many of the latest runs changed nothing, in a row. */
  readonly idle: number;
  /** How many of the latest runs failed, in a row. */
  readonly failures: number;
  /** Number of the next run's attempt; 1 unless the run before failed or lost its lease. */
  readonly attempt: number;
  readonly last_check_at: string | null;
  /** The open run; null if there is none. */
  readonly run_id: string | null;
  /** The greatest version that is a reason for a run at once: something came that the mission waited for. */
  readonly woken_version: number;
  /** The version up to which the latest run that ended has seen the mission. */
  readonly seen_version: number;
  /** Decides among the runs of one user. */
  readonly priority: Priority;
  readonly life_deadline_at: string | null;
}

/** What an event says about the mission after its change. */
export interface ObservedState {
  readonly customer_id: string;
  readonly user_id: string;
  readonly version: number;
  readonly runnable: boolean;
  /** The mission's current run made the change. */
  readonly by_run: boolean;
  /** The change is a reason for a run at once, whatever else can be worked on. */
  readonly wakes: boolean;
  /** undefined, as below: left out by an older version. */
  readonly priority: Priority | undefined;
  /** undefined: the event was written by an older version of the mission service, which left the deadline out. */
  readonly life_deadline_at: string | null | undefined;
}

export type ScheduleDecision =
  | { readonly kind: 'moved'; readonly next: WatchedMission }
  | { readonly kind: 'ignored'; readonly reason: 'erased' | 'older-version' };

const MINUTE = 60_000;
/** Minutes until the next run, by the number of runs in a row that changed nothing; the last interval repeats. */
const INTERVALS = [5, 15, 30, 60, 180, 360] as const;
const LONGEST = 360;
/** The mission is paused after so many failed runs in a row. */
export const MAX_FAILURES = 5;

const later = (time: string, milliseconds: number): string =>
  new Date(new Date(time).getTime() + milliseconds).toISOString();
const intervalAfter = (idle: number): number => (INTERVALS[idle] ?? LONGEST) * MINUTE;
/** Doubles: 5, 10, 20, 40 minutes before the fifth failure pauses the mission. */
const backOffAfter = (failures: number): number => Math.min(5 * 2 ** (failures - 1), LONGEST) * MINUTE;
const earlier = (one: string | null, other: string): string => (one !== null && one < other ? one : other);
/** Something has come that no run has seen. */
const isWoken = ({ woken_version, seen_version }: WatchedMission): boolean => woken_version > seen_version;

/**
 * Applies one event of the mission. Of an event that is not newer than the stored version only that it wakes counts: it
 * may be another change of the same decision.
 */
export function observe(before: WatchedMission, observed: ObservedState, at: string): ScheduleDecision {
  if (before.erased) return { kind: 'ignored', reason: 'erased' };
  const { customer_id, user_id, version, runnable, by_run, wakes } = observed;
  const woken_version = wakes ? Math.max(before.woken_version, version) : before.woken_version;
  if (version <= before.version) {
    if (woken_version === before.woken_version) return { kind: 'ignored', reason: 'older-version' };
    return { kind: 'moved', next: wakeUp({ ...before, woken_version }, at) };
  }
  const life_deadline_at =
    observed.life_deadline_at === undefined ? before.life_deadline_at : observed.life_deadline_at;
  const priority = observed.priority ?? before.priority;
  const next: WatchedMission = {
    ...before,
    customer_id,
    user_id,
    version,
    runnable,
    woken_version,
    priority,
    life_deadline_at,
  };
  const moved = (change: Partial<WatchedMission>): ScheduleDecision => ({
    kind: 'moved',
    next: { ...next, ...change },
  });
  if (!runnable) return moved({ next_run_at: null });
  const becameRunnable = !before.runnable;
  if (becameRunnable && !by_run) {
    return moved({
      next_run_at: at,
      next_reason: before.version === 0 ? 'created' : 'unblocked',
      idle: 0,
      failures: 0,
      attempt: 1,
    });
  }
  if (becameRunnable) {
    const due = isWoken(next) ? at : (dueAfter(next) ?? at);
    return moved({ next_run_at: before.run_id === null ? due : null, next_reason: 'interval' });
  }
  if (by_run) return moved({});
  if (wakes && isWoken(next) && before.run_id === null)
    return { kind: 'moved', next: wakeUp({ ...next, idle: 0 }, at) };
  // Somebody else changed the mission. A back-off after failures goes on: the change does not mend the agent.
  if (before.run_id !== null || before.failures > 0) return moved({ idle: 0 });
  return moved({ idle: 0, next_run_at: earlier(before.next_run_at, dueAfter({ ...next, idle: 0 }) ?? at) });
}

/** The failures in a row go on counting: what came does not mend the agent. */
function wakeUp(next: WatchedMission, at: string): WatchedMission {
  if (!next.runnable || next.run_id !== null || !isWoken(next)) return next;
  if (next.next_run_at !== null && next.next_run_at <= at) return next;
  return { ...next, next_run_at: at, next_reason: 'unblocked' };
}

const dueAfter = ({ last_check_at, idle }: WatchedMission): string | null =>
  last_check_at === null ? null : later(last_check_at, intervalAfter(idle));

export type RunOutcome =
  /**
   * `changed`: anybody changed the mission between the run's grant and its settlement. `goes_on`: the next run is due at
   * once. `version`: of the settlement.
   */
  | { readonly as: 'succeeded'; readonly changed: boolean; readonly goes_on: boolean; readonly version: number }
  /** `jitter`: share of the back-off that is added to it, so that runs that failed together do not return together. */
  | { readonly as: 'failed'; readonly jitter: number }
  /** The lease expired before the run was finished. */
  | { readonly as: 'abandoned' }
  /** The mission service did not grant the run. */
  | { readonly as: 'refused' };

export type TaskCounts = Readonly<Partial<Record<TaskStatus, number>>>;
const ENDED: readonly TaskStatus[] = ['completed', 'failed', 'skipped'];
export const countOf = (counts: TaskCounts, statuses: readonly TaskStatus[]): number =>
  statuses.reduce((sum, status) => sum + (counts[status] ?? 0), 0);

/**
 * Whether a run that got on with the plan has left a task that can be started: it added a task, or ended one. A run that
 * only wrote about the mission, or retried a task, would be followed by another one without end.
 * @param granted the plan as the run got it; null for runs of older versions.
 */
function leavesReadyTask(granted: TaskCounts | null, settled: TaskCounts | undefined): boolean {
  if (granted === null || settled === undefined || countOf(settled, ['ready']) === 0) return false;
  const total = (counts: TaskCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
  return total(settled) > total(granted) || countOf(settled, ENDED) > countOf(granted, ENDED);
}

/** The mission as a run got it; null in both for a run that was granted by an older version, or not at all. */
export interface Granted {
  readonly granted_version: number | null;
  readonly granted_counts: TaskCounts | null;
}

/** The outcome of a run that succeeded, from what the mission service says of its settlement. */
export const success = (
  { granted_version, granted_counts }: Granted,
  settled: { readonly version: number; readonly again: boolean; readonly task_counts?: TaskCounts | undefined },
): RunOutcome => ({
  as: 'succeeded',
  // Granting made the first version and settling the last one: without a version in between, nothing was changed.
  changed: granted_version === null || settled.version > granted_version + 1,
  goes_on: settled.again || leavesReadyTask(granted_counts, settled.task_counts),
  version: settled.version,
});

/** The version with which the end of a run asks for the next one at once; 0 if it does not. */
function wakesFrom(outcome: RunOutcome, seen_version: number): number {
  if (outcome.as === 'abandoned') return seen_version + 1;
  return outcome.as === 'succeeded' && outcome.goes_on ? outcome.version : 0;
}

/**
 * The mission's schedule after its open run has ended. A mission that became runnable during the run is due at once, and
 * so is one for which something came that the run has not seen.
 */
export function afterRun(
  before: WatchedMission,
  outcome: RunOutcome,
  { granted_version }: Pick<Granted, 'granted_version'>,
  at: string,
): WatchedMission {
  // A refusal tells more about the mission than the events so far: what they brought is no reason to ask again at once.
  const seen = outcome.as === 'refused' ? before.version : (granted_version ?? 0);
  const goesOn = outcome.as === 'succeeded' && outcome.goes_on;
  const seen_version = Math.max(before.seen_version, seen);
  const ended: WatchedMission = {
    ...before,
    run_id: null,
    seen_version,
    woken_version: Math.max(before.woken_version, wakesFrom(outcome, seen_version)),
  };
  const woken = isWoken(ended);
  const due = (time: string): string | null => (before.runnable ? (before.next_run_at ?? (woken ? at : time)) : null);
  const reason = (usual: Run['reason']): Run['reason'] => {
    if (before.next_run_at !== null) return before.next_reason;
    return woken && !goesOn && outcome.as !== 'abandoned' ? 'unblocked' : usual;
  };
  switch (outcome.as) {
    case 'succeeded': {
      const idle = outcome.changed ? before.idle : Math.min(before.idle + 1, INTERVALS.length - 1);
      return {
        ...ended,
        idle,
        failures: 0,
        attempt: 1,
        last_check_at: at,
        next_run_at: due(later(at, intervalAfter(idle))),
        next_reason: reason('interval'),
      };
    }
    case 'failed': {
      const failures = before.failures + 1;
      const pause = backOffAfter(failures) * (1 + outcome.jitter);
      return {
        ...ended,
        failures,
        attempt: before.attempt + 1,
        last_check_at: at,
        next_run_at: due(later(at, pause)),
        next_reason: reason('retry'),
      };
    }
    case 'abandoned':
      return {
        ...ended,
        attempt: before.attempt + 1,
        last_check_at: at,
        next_run_at: due(at),
        next_reason: reason('retry'),
      };
    case 'refused':
      return { ...ended, attempt: 1, next_run_at: due(later(at, intervalAfter(0))), next_reason: reason('interval') };
    default:
      return outcome satisfies never;
  }
}

/** What stays of an erased mission: the id and the version. */
export const tombstone = (mission: WatchedMission, version = 0): WatchedMission => ({
  ...mission,
  customer_id: '',
  user_id: '',
  life_deadline_at: null,
  last_check_at: null,
  next_run_at: null,
  run_id: null,
  woken_version: 0,
  seen_version: 0,
  priority: 'normal',
  version: Math.max(mission.version, version),
  runnable: false,
  erased: true,
});
