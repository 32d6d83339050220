import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Priority, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import type { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import type { Run, RunOrder } from '@missions/contracts/scheduler/runs.ts';
import { countOf, type ObservedState, type TaskCounts } from './schedule.ts';

/**
 * The part of a mission event's data that decides about runs. Members with `?` are missing in events of older versions.
 */
export interface MissionEventData {
  readonly event_type?: string;
  readonly by_run?: boolean;
  readonly by_user?: boolean;
  /** False: the mission service says that the event is not needed here. */
  readonly concerns_schedule?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The error text, in the event of a finished run. */
  readonly content?: string;
  readonly mission: {
    readonly status: string;
    readonly can_run_autonomously: boolean;
    readonly deleted?: boolean;
    readonly life_deadline_at?: string | null;
    readonly fence?: number;
    readonly waits_for_user?: boolean;
    readonly priority?: Priority;
    readonly task_counts: TaskCounts;
  };
}

/** Events of missions that may not run by themselves need no inbox row and no look at their row here. */
export const concernsSchedule = ({ data }: EventEnvelope): boolean =>
  (data as Partial<MissionEventData>).concerns_schedule !== false;

const CLOSED = ['completed', 'failed', 'cancelled'];
const OPEN_TASKS: readonly TaskStatus[] = [
  'pending',
  'ready',
  'in_progress',
  'waiting_human',
  'waiting_external',
  'blocked',
];

/**
 * A mission may have runs if it is open, not paused, does not wait for its user as a whole, and one of these holds: a
 * task can be worked on, a task failed, or no task is open, so that the mission has to be planned or finished.
 */
export function isRunnable({
  status,
  can_run_autonomously,
  deleted,
  waits_for_user,
  task_counts,
}: MissionEventData['mission']): boolean {
  if (!can_run_autonomously || deleted === true || status === 'paused' || CLOSED.includes(status)) return false;
  if (waits_for_user === true) return false;
  return countOf(task_counts, ['ready', 'in_progress', 'failed']) > 0 || countOf(task_counts, OPEN_TASKS) === 0;
}

/** Ways in which a wait ends because something came, and not because somebody gave it up. */
const ARRIVALS: readonly unknown[] = ['answer', 'signal', 'timeout', 'unreachable', 'time'];

/**
 * Something has come that the mission waited for (a response, a signal, a reply, the end of a mission, a deadline), or
 * its user has written or done something. What the run itself does is no reason for another one.
 */
export function wakes({ event_type, by_run, by_user, metadata }: MissionEventData): boolean {
  if (by_run === true) return false;
  const { by } = (metadata?.['resolution'] ?? {}) as { readonly by?: unknown };
  return by_user === true || event_type === 'user_message' || ARRIVALS.includes(by);
}

/** What a run in hand is told of the event. What the run itself did is no news to it, except that it was paused. */
export function ordersIn(data: MissionEventData): RunOrder[] {
  const orders: RunOrder[] = [];
  if (data.mission.status === 'paused') orders.push('paused');
  if (!wakes(data)) return orders;
  const { by } = (data.metadata?.['resolution'] ?? {}) as { readonly by?: unknown };
  orders.push(ARRIVALS.includes(by) ? 'answered' : 'message');
  return orders;
}

export function observedState({ customer_id, user_id, version }: EventEnvelope, data: MissionEventData): ObservedState {
  const { by_run, mission } = data;
  return {
    customer_id,
    user_id,
    version,
    runnable: isRunnable(mission),
    by_run: by_run ?? false,
    wakes: wakes(data),
    priority: mission.priority,
    life_deadline_at: mission.life_deadline_at,
  };
}

/** The settlement of a run that the event reports; undefined for any other event. */
export function settlementIn(
  { version }: EventEnvelope,
  { event_type, metadata }: MissionEventData,
): { run_id: string; status: string; version: number; again: boolean } | undefined {
  const { run_id, status, again } = metadata ?? {};
  return event_type === 'run_finished' && typeof run_id === 'string' && typeof status === 'string'
    ? { run_id, status, version, again: again === true }
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
