import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges } from '@missions/contracts/mission/changes.ts';
import type { MissionChange, Actor } from '../domain/decision.ts';
import { lifeDeadline } from '../domain/lifecycle.ts';
import { type Mission, needsAttention, openBlockers, statusOf, taskCounts } from '../domain/state.ts';
import { searchText } from './search.ts';
import { timerEvents } from './timer-events.ts';

/** What one decision writes: rows of the tables, and the events for the outbox. */
export interface Rows {
  readonly mission: object;
  readonly tasks: readonly object[];
  readonly events: readonly object[];
  readonly blockers: readonly object[];
  readonly outbox: readonly EventEnvelope[];
  /** The text to be found by; null: as it was. */
  readonly search: string | null;
}

export interface Saving {
  readonly before: Mission | null;
  readonly next: Mission;
  readonly changes: readonly MissionChange[];
  readonly actor: Actor;
  readonly at: string;
  readonly newId: () => string;
}

/**
 * Rows of a decision. The version grows by one however many changes the decision holds; the history is numbered without a gap; only tasks
 * and blockers that the decision touched are written (the domain replaces what it changes, so identity tells).
 */
export function rowsOf({ before, next, changes, actor, at, newId }: Saving): Rows & { readonly saved: Mission } {
  const saved: Mission = {
    ...next,
    version: next.version + 1,
    last_sequence: next.last_sequence + changes.length,
    updated_at: at,
  };
  const { id: mission_id, customer_id } = saved;
  const status = statusOf(saved);
  const [oldest] = openBlockers(saved);
  const counts = taskCounts(saved.tasks);
  const { tasks, blockers, ...fields } = saved;
  const mission = {
    ...fields,
    status,
    blocked_by: oldest?.key ?? '',
    blocked_since: oldest?.opened_at ?? null,
    task_counts: counts,
    progress: progressOf(saved),
    needs_attention: needsAttention(saved),
  };
  const known = new Set<unknown>([...(before?.tasks ?? []), ...(before?.blockers ?? [])]);
  const events = changes.map((change, index) => ({
    mission_id,
    sequence: next.last_sequence + index + 1,
    customer_id,
    id: newId(),
    event_type: change.logged ?? missionChanges[change.kind].history,
    conversation_id: actor.conversation_id,
    agent_id: actor.agent_id,
    task_id: change.task_id,
    title: change.title,
    content: change.content,
    metadata: change.metadata,
    created_at: at,
  }));
  return {
    saved,
    mission,
    tasks: tasks.filter((task) => !known.has(task)).map((task) => ({ ...task, mission_id, customer_id })),
    blockers: blockers
      .filter((blocker) => !known.has(blocker))
      .map((blocker) => ({ ...blocker, mission_id, customer_id })),
    events,
    outbox: [
      ...outboxOf(saved, changes, events, mission, byRun(actor, changes)),
      ...timerEvents({ before, saved, at, newId, from: changes.length }),
    ],
    search: before !== null && searchText(before) === searchText(saved) ? null : searchText(saved),
  };
}

/** A run's own writes, and the bookkeeping of runs, say nothing new to whoever decides when the next run is due. */
const byRun = (actor: Actor, changes: readonly MissionChange[]): boolean =>
  actor.run !== undefined || changes.some((change) => change.kind === 'run_started' || change.kind === 'run_finished');

/** Completed ÷ tasks that are not skipped; null when there are none (specification section 3.1). */
function progressOf({ tasks }: Mission): number | null {
  const counted = tasks.filter((task) => task.status !== 'skipped');
  return counted.length === 0 ? null : counted.filter((task) => task.status === 'completed').length / counted.length;
}

/**
 * One event for each change. Each carries how the mission stands after the whole decision, so that a consumer that keeps state can take
 * the newest version and need not have seen the ones before; it never waits for a gap to fill.
 */
function outboxOf(
  saved: Mission,
  changes: readonly MissionChange[],
  events: readonly {
    id: string;
    sequence: number;
    event_type: string | null;
    created_at: string;
    conversation_id: string;
    agent_id: string | null;
  }[],
  row: { status: string; blocked_by: string; task_counts: object; needs_attention: boolean },
  by_run: boolean,
): EventEnvelope[] {
  const { customer_id, user_id, id: mission_id, version } = saved;
  const mission = {
    title: saved.title,
    status: row.status,
    phase: saved.phase,
    paused_by: saved.paused_by,
    priority: saved.priority,
    can_run_autonomously: saved.can_run_autonomously,
    max_lifetime_hours: saved.max_lifetime_hours,
    deleted: saved.deleted_at !== null,
    /** When the next step of its life is due (specification section 8 "Life cycle"): the scheduler keeps that timer. */
    life_deadline_at: lifeDeadline(saved),
    fence: saved.fence,
    run_id: saved.run_id,
    last_user_engagement_at: saved.last_user_engagement_at,
    blocked_by: row.blocked_by,
    task_counts: row.task_counts,
    needs_attention: row.needs_attention,
    created_at: saved.created_at,
  };
  const tasks = new Map(saved.tasks.map((task) => [task.id, task]));
  return changes.map((change, index) => {
    const event = events[index] as (typeof events)[number];
    const task = change.task_id === null ? undefined : tasks.get(change.task_id);
    const type = missionChanges[change.kind].subject;
    return {
      id: event.id,
      type,
      source: '/services/mission',
      time: event.created_at,
      customer_id,
      user_id,
      mission_id,
      version,
      index,
      data: {
        customer_id,
        user_id,
        mission_id,
        version,
        index,
        sequence: event.sequence,
        event_type: event.event_type,
        conversation_id: event.conversation_id,
        agent_id: event.agent_id,
        title: change.title,
        content: change.content,
        metadata: change.metadata,
        by_run,
        ...change.event,
        task: task
          ? { id: task.id, title: task.title, status: task.status, order: task.order, attempt: task.attempt }
          : null,
        mission,
      },
    };
  });
}
