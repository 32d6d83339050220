import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type Parse } from '@missions/contracts/schema.ts';
import type { Seen } from './schedule.ts';

/** What the projection needs of the data of a mission's event; members that a newer version brought may be missing in older events. */
export interface MissionEventData {
  readonly event_type?: string;
  readonly by_run?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Of a run that has ended: what went wrong. */
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

export type ReadMissionEvent = Parse<MissionEventData>;

const CLOSED = ['completed', 'failed', 'cancelled'];
const OPEN_TASKS = ['pending', 'ready', 'in_progress', 'waiting_human', 'waiting_external', 'blocked'];

/** Open, not paused, and with a task to work on, or none open (it is to be planned or finished), or one that failed. */
export function isRunnable({
  status,
  can_run_autonomously,
  deleted,
  task_counts,
}: MissionEventData['mission']): boolean {
  if (!can_run_autonomously || deleted === true || status === 'paused' || CLOSED.includes(status)) return false;
  const count = (words: readonly string[]): number => words.reduce((sum, word) => sum + (task_counts[word] ?? 0), 0);
  return count(['ready', 'in_progress', 'failed']) > 0 || count(OPEN_TASKS) === 0;
}

export function observationOf(
  { customer_id, user_id, version }: EventEnvelope,
  { by_run, mission }: MissionEventData,
): Seen {
  return {
    customer_id,
    user_id,
    version,
    runnable: isRunnable(mission),
    by_run: by_run ?? false,
    life_deadline_at: mission.life_deadline_at,
  };
}

/** That a run was settled, as the history says it; undefined of every other event. */
export function settlementOf(
  { version }: EventEnvelope,
  { event_type, metadata }: MissionEventData,
): { run_id: string; status: string; version: number } | undefined {
  const { run_id, status } = metadata ?? {};
  return event_type === 'run_finished' && typeof run_id === 'string' && typeof status === 'string'
    ? { run_id, status, version }
    : undefined;
}
