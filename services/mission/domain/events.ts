import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionChanges, missionErased } from '@missions/contracts/mission/changes.ts';
import type { Attention, EventType, MissionStatus, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import { type BlockerTimerPayload, timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerCancelledSubject, timerSetSubject } from '@missions/contracts/scheduler/timers.ts';
import type { MissionChange } from './decision.ts';
import { isOfBridge } from './email.ts';
import { attentionOf } from './inbox.ts';
import { lifeDeadline } from './lifecycle.ts';
import type { CommandContext } from './mission-changes.ts';
import { type Blocker, type Json, type Mission, openBlockers, statusOf, taskCounts, waitsForUser } from './state.ts';

/**
 * Puts a decision on record: the mission under its new version, one history entry and one event for each change, and
 * the events that set and cancel timers. Everything here is written in one transaction.
 */
export interface RecordedDecision {
  /** The state that the decision was about; null for a new mission. */
  readonly before: Mission | null;
  /** The state after the decision, with its new version. */
  readonly mission: Mission;
  readonly derived: DerivedFields;
  readonly history: readonly HistoryEntry[];
  readonly events: readonly EventEnvelope[];
}

/** One entry of a mission's history (specification section 3.3). Entries are numbered from 1 without a gap. */
export interface HistoryEntry {
  readonly mission_id: string;
  readonly sequence: number;
  readonly customer_id: string;
  /** Also the id of the change's event. */
  readonly id: string;
  readonly event_type: EventType | null;
  readonly conversation_id: string;
  readonly agent_id: string | null;
  readonly task_id: string | null;
  readonly title: string;
  readonly content: string;
  readonly metadata: Json;
  readonly created_at: string;
}

/**
 * Fields that follow from a mission's state. They are stored, because lists filter by them, and every event carries
 * most of them.
 */
export interface DerivedFields {
  readonly status: MissionStatus;
  /** Key of the oldest open blocker, and the time since when it has been open; '' and null if nothing blocks. */
  readonly blocked_by: string;
  readonly blocked_since: string | null;
  readonly task_counts: Readonly<Record<TaskStatus, number>>;
  readonly progress: number | null;
  readonly needs_attention: boolean;
  readonly attention: readonly Attention[];
}

const SOURCE = '/services/mission';

/** The version grows by one, however many changes the decision holds. */
export function recordDecision(
  before: Mission | null,
  { next, changes }: { readonly next: Mission; readonly changes: readonly MissionChange[] },
  { actor, at, newId }: CommandContext,
): RecordedDecision {
  const mission: Mission = {
    ...next,
    version: next.version + 1,
    last_sequence: next.last_sequence + changes.length,
    updated_at: at,
  };
  const derived = derivedFields(mission);
  const history = changes.map((change, index) => ({
    mission_id: mission.id,
    sequence: next.last_sequence + index + 1,
    customer_id: mission.customer_id,
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
  const byRun =
    actor.run !== undefined ||
    // The scheduler itself has said it.
    (before !== null && before.budget !== mission.budget) ||
    changes.some(({ kind }) => kind === 'run_started' || kind === 'run_finished');
  return {
    before,
    mission,
    derived,
    history,
    events: [
      ...changeEvents({ before, mission, derived, changes, history, byRun, byUser: actor.kind === 'user' }),
      ...timerEvents({ before, mission, at, newId, firstIndex: changes.length }),
    ],
  };
}

function derivedFields(mission: Mission): DerivedFields {
  const [oldest] = openBlockers(mission);
  const attention = attentionOf(mission);
  return {
    status: statusOf(mission),
    blocked_by: oldest?.key ?? '',
    blocked_since: oldest?.opened_at ?? null,
    task_counts: taskCounts(mission.tasks),
    progress: progressOf(mission),
    needs_attention: attention.length > 0,
    attention,
  };
}

/** Completed tasks ÷ tasks that are not skipped; null if there are none (specification section 3.1). */
function progressOf({ tasks }: Mission): number | null {
  const counted = tasks.filter((task) => task.status !== 'skipped');
  return counted.length === 0 ? null : counted.filter((task) => task.status === 'completed').length / counted.length;
}

interface ChangeEventsInput {
  readonly before: Mission | null;
  readonly mission: Mission;
  readonly derived: DerivedFields;
  readonly changes: readonly MissionChange[];
  /** The entries of the changes, in the same order. */
  readonly history: readonly HistoryEntry[];
  /**
   * Marks a run's own writes and the bookkeeping of runs: they contain nothing new for the scheduler, which decides
   * when the next run is due.
   */
  readonly byRun: boolean;
  readonly byUser: boolean;
}

/**
 * One event for each change. Each carries the state of the mission after the whole decision, so that a consumer that
 * keeps state can take the newest version and need not have seen the versions before; it never waits for a gap to fill.
 */
function changeEvents({
  before,
  mission: saved,
  derived,
  changes,
  history,
  byRun,
  byUser,
}: ChangeEventsInput): EventEnvelope[] {
  const { customer_id, user_id, id: mission_id, version } = saved;
  const mission = {
    title: saved.title,
    status: derived.status,
    phase: saved.phase,
    paused_by: saved.paused_by,
    priority: saved.priority,
    can_run_autonomously: saved.can_run_autonomously,
    max_lifetime_hours: saved.max_lifetime_hours,
    deleted: saved.deleted_at !== null,
    /**
     * When the next step of the mission's life is due (specification section 8 "Life cycle"): the scheduler keeps that
     * timer.
     */
    life_deadline_at: lifeDeadline(saved),
    fence: saved.fence,
    run_id: saved.run_id,
    last_user_engagement_at: saved.last_user_engagement_at,
    blocked_by: derived.blocked_by,
    waits_for_user: waitsForUser(saved),
    task_counts: derived.task_counts,
    needs_attention: derived.needs_attention,
    created_at: saved.created_at,
  };
  const tasks = new Map(saved.tasks.map((task) => [task.id, task]));
  const concerning = concerningSchedule(before, saved);
  return changes.map((change, index) => {
    const entry = history[index] as HistoryEntry;
    const task = change.task_id === null ? undefined : tasks.get(change.task_id);
    return {
      id: entry.id,
      type: missionChanges[change.kind].subject,
      source: SOURCE,
      time: entry.created_at,
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
        sequence: entry.sequence,
        event_type: entry.event_type,
        conversation_id: entry.conversation_id,
        agent_id: entry.agent_id,
        title: change.title,
        content: change.content,
        metadata: change.metadata,
        by_run: byRun,
        ...(byUser && { by_user: true }),
        ...(index >= concerning && { concerns_schedule: false }),
        ...change.event,
        task: task
          ? { id: task.id, title: task.title, status: task.status, order: task.order, attempt: task.attempt }
          : null,
        mission,
      },
    };
  });
}

/**
 * How many of a decision's events the scheduler has to know, from the first on. It decides nothing about a mission that
 * may not run by itself but when its life is over, and each event has the state after the whole decision. Of the nine
 * events of a question that is asked and answered it so stores three, instead of all.
 */
function concerningSchedule(before: Mission | null, after: Mission): number {
  if (mayRun(after) || (before && mayRun(before))) return Infinity;
  return before && lifeDeadline(before) === lifeDeadline(after) ? 0 : 1;
}

const mayRun = ({ can_run_autonomously, run_id }: Mission): boolean => can_run_autonomously || run_id !== null;

interface TimerEventsInput {
  readonly before: Mission | null;
  readonly mission: Mission;
  readonly at: string;
  readonly newId: () => string;
  /** The events' indexes begin here, behind the changes of the same version. */
  readonly firstIndex: number;
}

/**
 * The deadlines of waits are timers of the scheduler: set in the transaction that opens a wait, cancelled in the one
 * that ends it. A wait has one deadline and one owner of it (specification section 8): the approval service owns an
 * input request's, the email-bridge that of replies to an e-mail, and a manual block has none.
 */
function timerEvents({ before, mission, at, newId, firstIndex }: TimerEventsInput): EventEnvelope[] {
  const { customer_id, user_id, id: mission_id, version } = mission;
  const scope = { customer_id, user_id, mission_id };
  const known = new Map(before?.blockers.map((blocker) => [blocker.id, blocker]));
  const events: { type: string; data: Record<string, unknown> }[] = [];
  for (const blocker of mission.blockers) {
    if (!hasOwnTimer(blocker) || known.get(blocker.id) === blocker) continue;
    const timer = { ...scope, key: timerKey.blocker(blocker.id) };
    if (blocker.resolved_at === null) {
      events.push({
        type: timerSetSubject('mission'),
        data: {
          ...timer,
          revision: 1,
          fire_at: blocker.timeout_at,
          payload: { blocker_id: blocker.id } satisfies BlockerTimerPayload,
        },
      });
    } else if (known.has(blocker.id) && blocker.resolution?.['by'] !== 'timeout') {
      events.push({ type: timerCancelledSubject('mission'), data: { ...timer, revision: 2 } });
    }
  }
  return events.map(({ type, data }, offset) => ({
    id: newId(),
    type,
    source: SOURCE,
    time: at,
    ...scope,
    version,
    index: firstIndex + offset,
    data,
  }));
}

const hasOwnTimer = (blocker: Blocker): boolean =>
  blocker.timeout_at !== null && blocker.kind !== 'human_input' && !isOfBridge(blocker);

/** The event that makes every service erase its data of a mission. Its version follows the mission's last version. */
export function erasedEvent(
  { id: mission_id, customer_id, user_id, version }: Pick<Mission, 'id' | 'customer_id' | 'user_id' | 'version'>,
  { id, at }: { readonly id: string; readonly at: string },
): EventEnvelope {
  const about = { customer_id, user_id, mission_id, version: version + 1, index: 0 };
  return { id, type: missionErased, source: SOURCE, time: at, ...about, data: { ...about } };
}
