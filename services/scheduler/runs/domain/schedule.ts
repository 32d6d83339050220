import type { Run } from '@missions/contracts/scheduler/runs.ts';

/**
 * When a mission gets its next autonomous run (specification section 8 "Autonomous missions"), from what its events say:
 *
 *     not runnable ──becomes runnable──▶ due at once ──dispatch──▶ run open ──ends──▶ due after an interval ──▶ …
 *
 * Nothing is due while a run is open, but a mission that becomes runnable meanwhile is due the moment the run has ended. Whether a run changed
 * anything is told by the mission's version: granting and settling add one each, and whatever lies between was somebody's change.
 */
export interface Watched {
  readonly mission_id: string;
  readonly customer_id: string;
  readonly user_id: string;
  /** The greatest that was seen; 0 of a mission that is heard of for the first time. */
  readonly version: number;
  readonly runnable: boolean;
  /** Only the id is left, so that late events create nothing. */
  readonly erased: boolean;
  readonly next_run_at: string | null;
  readonly next_reason: Run['reason'];
  /** Runs in a row that changed nothing. */
  readonly idle: number;
  /** Runs in a row that failed. */
  readonly failures: number;
  /** Of the next run. */
  readonly attempt: number;
  readonly last_check_at: string | null;
  /** The open run. */
  readonly run_id: string | null;
  readonly life_deadline_at: string | null;
}

/** What an event says of the mission after its change. */
export interface Seen {
  readonly customer_id: string;
  readonly user_id: string;
  readonly version: number;
  readonly runnable: boolean;
  readonly by_run: boolean;
  /** undefined: the event is of a version that did not say. */
  readonly life_deadline_at: string | null | undefined;
}

export type Observation =
  | { readonly kind: 'moved'; readonly next: Watched; readonly became: boolean }
  | { readonly kind: 'ignored'; readonly because: 'erased' | 'older-version' };

const MINUTE = 60_000;
/** After so many runs in a row that changed nothing; the last one repeats. */
const INTERVALS = [5, 15, 30, 60, 180, 360] as const;
const LONGEST = 360;
export const MAX_FAILURES = 5;

export const later = (time: string, milliseconds: number): string =>
  new Date(new Date(time).getTime() + milliseconds).toISOString();
const intervalAfter = (idle: number): number => (INTERVALS[idle] ?? LONGEST) * MINUTE;
/** Doubles: 5, 10, 20, 40 minutes before the fifth failure pauses the mission. */
const backOffAfter = (failures: number): number => Math.min(5 * 2 ** (failures - 1), LONGEST) * MINUTE;
const earlier = (one: string | null, other: string): string => (one !== null && one < other ? one : other);

export function observe(before: Watched, seen: Seen, at: string): Observation {
  if (before.erased) return { kind: 'ignored', because: 'erased' };
  if (seen.version <= before.version) return { kind: 'ignored', because: 'older-version' };
  const { customer_id, user_id, version, runnable } = seen;
  const life_deadline_at = seen.life_deadline_at === undefined ? before.life_deadline_at : seen.life_deadline_at;
  const next: Watched = { ...before, customer_id, user_id, version, runnable, life_deadline_at };
  const became = runnable && !before.runnable;
  const moved = (change: Partial<Watched>): Observation => ({ kind: 'moved', next: { ...next, ...change }, became });
  if (!runnable) return moved({ next_run_at: null });
  if (became && !seen.by_run) {
    return moved({
      next_run_at: at,
      next_reason: before.version === 0 ? 'created' : 'unblocked',
      idle: 0,
      failures: 0,
      attempt: 1,
    });
  }
  if (became)
    return moved({ next_run_at: before.run_id === null ? (dueAfter(next) ?? at) : null, next_reason: 'interval' });
  if (seen.by_run) return moved({});
  // A change by others. What backs off after failures goes on doing so: the change does not mend the agent.
  if (before.run_id !== null || before.failures > 0) return moved({ idle: 0 });
  return moved({ idle: 0, next_run_at: earlier(before.next_run_at, dueAfter({ ...next, idle: 0 }) ?? at) });
}

const dueAfter = ({ last_check_at, idle }: Watched): string | null =>
  last_check_at === null ? null : later(last_check_at, intervalAfter(idle));

export type Ending =
  /** `changed`: by whomever, between its grant and its settlement. */
  | { readonly as: 'succeeded'; readonly changed: boolean }
  /** `jitter`: a share of the back-off that is added, so that what failed together does not come again together. */
  | { readonly as: 'failed'; readonly jitter: number }
  /** The lease ended, and nobody had finished. */
  | { readonly as: 'abandoned' }
  /** The mission service would not have it run, or took the lease back. */
  | { readonly as: 'refused' };

/** When the next run is due after one that ended. A mission that became runnable while it was open is due at once. */
export function afterRun(before: Watched, ending: Ending, at: string): Watched {
  const over = { ...before, run_id: null };
  const due = (time: string): string | null => (before.runnable ? (before.next_run_at ?? time) : null);
  const reason = (usual: Run['reason']): Run['reason'] => (before.next_run_at === null ? usual : before.next_reason);
  switch (ending.as) {
    case 'succeeded': {
      const idle = ending.changed ? before.idle : Math.min(before.idle + 1, INTERVALS.length - 1);
      return {
        ...over,
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
      const pause = backOffAfter(failures) * (1 + ending.jitter);
      return {
        ...over,
        failures,
        attempt: before.attempt + 1,
        last_check_at: at,
        next_run_at: due(later(at, pause)),
        next_reason: reason('retry'),
      };
    }
    case 'abandoned':
      return {
        ...over,
        attempt: before.attempt + 1,
        last_check_at: at,
        next_run_at: due(at),
        next_reason: reason('retry'),
      };
    case 'refused':
      return { ...over, attempt: 1, next_run_at: due(later(at, intervalAfter(0))), next_reason: reason('interval') };
    default:
      return ending satisfies never;
  }
}
