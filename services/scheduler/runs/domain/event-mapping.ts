import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import type { ObservedState } from './schedule.ts';

/**
 * The part of a mission event's data that decides about runs. Members with `?` are missing in events of older versions.
 */
export interface MissionEventData {
  readonly event_type?: string;
  readonly by_run?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The error text, in the event of a finished run. */
  readonly content?: string;
  readonly mission: {
    readonly status: string;
    readonly can_run_autonomously: boolean;
    readonly deleted?: boolean;
    readonly life_deadline_at?: string | null;
    readonly fence?: number;
    readonly task_counts: Readonly<Record<string, number>>;
  };
}

const CLOSED = ['completed', 'failed', 'cancelled'];
const OPEN_TASKS = ['pending', 'ready', 'in_progress', 'waiting_human', 'waiting_external', 'blocked'];

/**
 * A mission may have runs if it is open, not paused, and one of these holds: a task can be worked on, a task failed, or
 * no task is open, so that the mission has to be planned or finished.
 */
export function isRunnable({
  status,
  can_run_autonomously,
  deleted,
  task_counts,
}: MissionEventData['mission']): boolean {
  if (!can_run_autonomously || deleted === true || status === 'paused' || CLOSED.includes(status)) return false;
  const count = (statuses: readonly string[]): number =>
    statuses.reduce((sum, one) => sum + (task_counts[one] ?? 0), 0);
  return count(['ready', 'in_progress', 'failed']) > 0 || count(OPEN_TASKS) === 0;
}

export function observedState(
  { customer_id, user_id, version }: EventEnvelope,
  { by_run, mission }: MissionEventData,
): ObservedState {
  return {
    customer_id,
    user_id,
    version,
    runnable: isRunnable(mission),
    by_run: by_run ?? false,
    life_deadline_at: mission.life_deadline_at,
  };
}

/** The settlement of a run that the event reports; undefined for any other event. */
export function settlementIn(
  { version }: EventEnvelope,
  { event_type, metadata }: MissionEventData,
): { run_id: string; status: string; version: number } | undefined {
  const { run_id, status } = metadata ?? {};
  return event_type === 'run_finished' && typeof run_id === 'string' && typeof status === 'string'
    ? { run_id, status, version }
    : undefined;
}

/** An event about a run. `version` is the greatest version of the mission that this service has seen. */
export const runEvent = (
  id: string,
  type: (typeof runSubjects)[keyof typeof runSubjects],
  run: Run,
  version: number,
  time: string,
): EventEnvelope => ({
  id,
  type,
  source: '/services/scheduler',
  time,
  customer_id: run.customer_id,
  user_id: run.user_id,
  mission_id: run.mission_id,
  version,
  index: 0,
  data: { ...run },
});
