import type { Run } from '@missions/contracts/scheduler/runs.ts';

/**
 * When a mission gets its next autonomous run (specification section 8 "Autonomous missions"), decided from the
 * mission's events:
 *
 *     not runnable ──becomes runnable──▶ due at once ──dispatch──▶ run open ──ends──▶ due after an interval ──▶ …
 *
 * Nothing is due while a run is open, but a mission that becomes runnable meanwhile is due the moment the run has
 * ended. The mission's version tells whether a run changed anything: granting and settling add one each, and every
 * version between the two was a change.
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

/** Applies one event of the mission. An event that is not newer than the stored version is ignored. */
export function observe(before: WatchedMission, observed: ObservedState, at: string): ScheduleDecision {
  if (before.erased) return { kind: 'ignored', reason: 'erased' };
  if (observed.version <= before.version) return { kind: 'ignored', reason: 'older-version' };
  const { customer_id, user_id, version, runnable, by_run } = observed;
  const life_deadline_at =
    observed.life_deadline_at === undefined ? before.life_deadline_at : observed.life_deadline_at;
  const next: WatchedMission = { ...before, customer_id, user_id, version, runnable, life_deadline_at };
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
  if (becameRunnable)
    return moved({ next_run_at: before.run_id === null ? (dueAfter(next) ?? at) : null, next_reason: 'interval' });
  if (by_run) return moved({});
  // Somebody else changed the mission. A back-off after failures goes on: the change does not mend the agent.
  if (before.run_id !== null || before.failures > 0) return moved({ idle: 0 });
  return moved({ idle: 0, next_run_at: earlier(before.next_run_at, dueAfter({ ...next, idle: 0 }) ?? at) });
}

const dueAfter = ({ last_check_at, idle }: WatchedMission): string | null =>
  last_check_at === null ? null : later(last_check_at, intervalAfter(idle));

export type RunOutcome =
  /** `changed`: anybody changed the mission between the run's grant and its settlement. */
  | { readonly as: 'succeeded'; readonly changed: boolean }
  /** `jitter`: share of the back-off that is added to it, so that runs that failed together do not return together. */
  | { readonly as: 'failed'; readonly jitter: number }
  /** The lease expired before the run was finished. */
  | { readonly as: 'abandoned' }
  /** The mission service did not grant the run. */
  | { readonly as: 'refused' };

/**
 * The mission's schedule after its open run has ended. A mission that became runnable during the run is due at once.
 */
export function afterRun(before: WatchedMission, outcome: RunOutcome, at: string): WatchedMission {
  const ended = { ...before, run_id: null };
  const due = (time: string): string | null => (before.runnable ? (before.next_run_at ?? time) : null);
  const reason = (usual: Run['reason']): Run['reason'] => (before.next_run_at === null ? usual : before.next_reason);
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
  version: Math.max(mission.version, version),
  runnable: false,
  erased: true,
});
