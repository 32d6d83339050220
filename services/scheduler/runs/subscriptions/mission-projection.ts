import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import { type LifeTimerPayload, timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import type { LeaseLoss } from '@missions/contracts/scheduler/runs.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { fireTime } from '../../timers/domain/fire-time.ts';
import { applyTimerChanges, type TimerChange } from '../../timers/store/timers.ts';
import type { RunsContext } from '../context.ts';
import {
  concernsSchedule,
  type MissionEventData,
  observedState,
  ordersIn,
  settlementIn,
} from '../domain/event-mapping.ts';
import { afterRun, observe, success, tombstone, type WatchedMission } from '../domain/schedule.ts';
import { addRunOrders, lockOpenRun, type OpenRun, recordEnd } from '../store/leases.ts';
import { eraseMission, lockWatchedMissions, prioritiseRuns, saveWatchedMissions } from '../store/watched-missions.ts';

const CONSUMER = 'scheduler.runs';

export type ProjectionContext = Pick<RunsContext, 'db' | 'clock' | 'wakeDispatcher' | 'runAvailable'> & {
  /** Timers were committed, the first of which is due then (milliseconds since 1970). */
  readonly timersStored: (earliest: number) => void;
};

/**
 * Projects the mission service's events to the schedule of runs and to the life timer. Each event has its effect once,
 * and the greatest version holds. The events of a batch are applied in the order of their versions, so that a mission
 * that becomes runnable between two others is noticed. What concerns neither runs nor the end of a life costs nothing.
 * @throws {Problem} `VALIDATION_FAILED` for a malformed event.
 */
export const missionEvents =
  ({ db, clock, wakeDispatcher, runAvailable, timersStored }: ProjectionContext) =>
  async (arrived: readonly EventEnvelope[]): Promise<void> => {
    for (const event of arrived) requireValid(event);
    const events = arrived.filter(concernsSchedule);
    if (events.length === 0) return;
    const ids = events.map(({ id }) => id);
    const { timers, freed } = await transaction(db, async (tx) => {
      const unseen = await claimEvents(tx, CONSUMER, ids);
      // `delete` answers true once for each id: an event that the batch holds twice is applied once.
      const fresh = events
        .filter(({ id }) => unseen.delete(id))
        .toSorted((a, b) => a.version - b.version || a.index - b.index);
      if (fresh.length === 0) return { timers: [], freed: [] };
      const oneEach = [...new Map(fresh.map((event) => [event.mission_id, event])).values()];
      const before = await lockWatchedMissions(tx, oneEach);
      const after = new Map(before);
      const now = { at: clock.now().toISOString(), virtualNow: dueBy(clock) };
      for (const event of fresh) {
        const mission = after.get(event.mission_id);
        if (mission) after.set(event.mission_id, await applyEvent(tx, event, mission, now));
      }
      const changed = [...after.values()].filter((mission) => before.get(mission.mission_id) !== mission);
      await saveWatchedMissions(tx, changed);
      await prioritiseRuns(tx, changed.filter(hasOtherPriority(before)));
      const changes = changed.flatMap((mission) => lifeTimerChange(before.get(mission.mission_id), mission) ?? []);
      return {
        timers: changes.length > 0 ? await applyTimerChanges(tx, changes, now.virtualNow) : [],
        freed: customersOfEndedRuns(before, changed),
      };
    });
    wakeDispatcher();
    for (const customer of freed) runAvailable(customer);
    const earliest = Math.min(...timers.map(({ fire_at }) => fire_at ?? Infinity));
    if (earliest < Infinity) timersStored(earliest);
  };

const hasOtherPriority =
  (before: ReadonlyMap<string, WatchedMission>) =>
  ({ mission_id, run_id, priority }: WatchedMission): boolean =>
    run_id !== null && before.get(mission_id)?.priority !== priority;

/** The run of a mission that was paused, ended or erased leaves its place to another run of the customer. */
function customersOfEndedRuns(
  before: ReadonlyMap<string, WatchedMission>,
  changed: readonly WatchedMission[],
): Set<string> {
  const ended = changed.flatMap(({ mission_id, run_id }) => {
    const was = before.get(mission_id);
    return was && was.run_id !== null && was.run_id !== run_id ? [was.customer_id] : [];
  });
  return new Set(ended);
}

interface Now {
  readonly at: string;
  /** See `dueBy`. */
  readonly virtualNow: Date | null;
}

async function applyEvent(tx: Tx, event: EventEnvelope, before: WatchedMission, now: Now): Promise<WatchedMission> {
  if (before.erased) return before;
  if (event.type === missionErased) {
    await eraseMission(tx, event.customer_id, event.mission_id);
    return tombstone(before, event.version);
  }
  const data = event.data as unknown as MissionEventData;
  const decision = observe(before, observedState(event, data), now.at);
  const next = decision.kind === 'moved' ? decision.next : before;
  return next.run_id === null ? next : endRunIfOver(tx, event, data, next, next.run_id, now);
}

/** Ends the mission's open run if the event says that the run was settled, or if the run can no longer go on. */
async function endRunIfOver(
  tx: Tx,
  event: EventEnvelope,
  data: MissionEventData,
  next: WatchedMission,
  runId: string,
  { at, virtualNow }: Now,
): Promise<WatchedMission> {
  const open = await lockOpenRun(tx, runId, virtualNow);
  if (!open) return { ...next, run_id: null };
  const { run } = open;
  const settled = settlementIn(event, data);
  if (settled?.run_id === runId && run.fence !== null && settled.status !== 'expired') {
    const status = settled.status === 'failed' ? 'failed' : 'succeeded';
    await recordEnd(tx, open, status, data.content ?? '', at, next.version);
    const { task_counts } = data.mission;
    const outcome =
      status === 'failed' ? ({ as: 'failed', jitter: 0 } as const) : success(open, { ...settled, task_counts });
    return afterRun(next, outcome, open, at);
  }
  const reason = reasonToExpire(open, data, next);
  if (reason === undefined) {
    const orders = run.status === 'claimed' ? ordersIn(data) : [];
    if (orders.length > 0) await addRunOrders(tx, runId, orders, event.version);
    return next;
  }
  await recordEnd(tx, open, 'expired', reason, at, next.version, lossBy(open, data));
  return { ...next, run_id: null, next_run_at: next.runnable ? (next.next_run_at ?? at) : null };
}

function reasonToExpire({ run }: OpenRun, data: MissionEventData, next: WatchedMission): string | undefined {
  if (run.status === 'queued' && !next.runnable) return 'The mission can no longer be run.';
  // Pausing or ending a mission raises its fence, which takes the lease from the run.
  const isFencedOff = run.fence !== null && data.by_run !== true && (data.mission.fence ?? 0) > run.fence;
  return isFencedOff ? 'The mission was paused or has ended.' : undefined;
}

const lossBy = ({ run }: OpenRun, { mission }: MissionEventData): LeaseLoss | null => {
  if (run.fence === null) return null;
  return mission.status === 'paused' ? 'paused' : 'ended';
};

/**
 * The mission service's timer for the end of a mission's life, which this service sets from the deadline in the
 * mission's events.
 */
function lifeTimerChange(
  before: WatchedMission | undefined,
  { life_deadline_at: deadline, mission_id, customer_id, user_id, version, erased }: WatchedMission,
): TimerChange | undefined {
  if (erased || deadline === (before?.life_deadline_at ?? null)) return undefined;
  const timer = {
    owner: 'mission',
    key: timerKey.life(mission_id),
    revision: version,
    customer_id,
    user_id,
    mission_id,
    traceparent: null,
  };
  return deadline === null
    ? { ...timer, fire_at: null, payload: null }
    : { ...timer, fire_at: fireTime(deadline), payload: { life: true, deadline } satisfies LifeTimerPayload };
}

/** @throws {Problem} `VALIDATION_FAILED`, which sends the event to the dead letters instead of trying it again. */
function requireValid(event: EventEnvelope): void {
  const faults = [event.id, event.mission_id]
    .filter((id) => !isUuid(id))
    .map(() => ({ path: '/id', message: 'is no UUID' }));
  const { mission } = event.data as { mission?: Partial<MissionEventData['mission']> };
  const isState =
    typeof mission?.status === 'string' &&
    typeof mission.can_run_autonomously === 'boolean' &&
    typeof mission.task_counts === 'object' &&
    mission.task_counts !== null;
  if (event.type !== missionErased && !isState)
    faults.push({ path: '/data/mission', message: 'is no state of a mission' });
  const deadline = mission?.life_deadline_at;
  if (typeof deadline === 'string' && Number.isNaN(Date.parse(deadline)))
    faults.push({ path: '/data/mission/life_deadline_at', message: 'is no time' });
  if (faults.length > 0) throw invalid(faults);
}
