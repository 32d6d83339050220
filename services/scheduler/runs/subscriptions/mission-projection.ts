import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type LifeTimerPayload, timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import { afterRun, observe, type Watched } from '../domain/schedule.ts';
import { type MissionEventData, observationOf, settlementOf } from '../domain/event-mapping.ts';
import { fireTime } from '../../timers/domain/fire-time.ts';
import { keepTimers, type TimerChange } from '../../timers/store/timers.ts';
import { lockOpenRun, recordEnd } from '../store/end.ts';
import { eraseMission, lockWatched, saveWatched } from '../store/watched-missions.ts';
import type { RunsContext } from '../context.ts';

const CONSUMER = 'scheduler.runs';

export type ProjectionOptions = Pick<RunsContext, 'db' | 'clock' | 'wake'> & {
  /** Timers were committed, the first of them due then (milliseconds since 1970). */
  readonly stored: (earliest: number) => void;
};

/**
 * Keeps what decides about runs and about the life timer, from the mission service's events: each has its effect once, and the greatest version
 * holds. All that a batch says of a mission is applied in order, so that becoming runnable between two others is not missed.
 */
export const missionEvents =
  ({ db, clock, wake, stored }: ProjectionOptions) =>
  async (events: readonly EventEnvelope[]): Promise<void> => {
    for (const event of events) check(event);
    const timers = await transaction(db, async (tx) => {
      const fresh = await claimEvents(
        tx,
        CONSUMER,
        events.map(({ id }) => id),
      );
      const news = events
        .filter(({ id }) => fresh.delete(id))
        .toSorted((a, b) => a.version - b.version || a.index - b.index);
      if (news.length === 0) return [];
      const watched = await lockWatched(tx, [...new Map(news.map((event) => [event.mission_id, event])).values()]);
      const known = new Map(watched);
      const at = clock.now().toISOString();
      for (const event of news) {
        const before = watched.get(event.mission_id);
        if (before) watched.set(event.mission_id, await apply(tx, event, before, at, dueBy(clock)));
      }
      await saveWatched(
        tx,
        [...watched.values()].filter((one) => known.get(one.mission_id) !== one),
      );
      const changes = [...watched.values()].flatMap((one) => lifeTimer(known.get(one.mission_id), one) ?? []);
      return changes.length > 0 ? keepTimers(tx, changes, dueBy(clock)) : [];
    });
    wake();
    const earliest = Math.min(...timers.map(({ fire_at }) => fire_at ?? Infinity));
    if (earliest < Infinity) stored(earliest);
  };

async function apply(
  tx: Tx,
  event: EventEnvelope,
  before: Watched,
  at: string,
  virtual: Date | null,
): Promise<Watched> {
  if (before.erased) return before;
  if (event.type === missionErased) {
    await eraseMission(tx, event.customer_id, event.mission_id);
    const nobody = {
      customer_id: '',
      user_id: '',
      life_deadline_at: null,
      last_check_at: null,
      next_run_at: null,
      run_id: null,
    };
    return { ...before, ...nobody, version: Math.max(before.version, event.version), runnable: false, erased: true };
  }
  const data = event.data as unknown as MissionEventData;
  const observation = observe(before, observationOf(event, data), at);
  const next = observation.kind === 'moved' ? observation.next : before;
  return next.run_id === null ? next : closeRun(tx, event, data, next, next.run_id, at, virtual);
}

/** Ends the open run when the event says that it has ended, or can no longer go on. */
async function closeRun(
  tx: Tx,
  event: EventEnvelope,
  data: MissionEventData,
  next: Watched,
  runId: string,
  at: string,
  virtual: Date | null,
): Promise<Watched> {
  const settled = settlementOf(event, data);
  const open = await lockOpenRun(tx, runId, virtual);
  if (!open) return { ...next, run_id: null };
  const { run, granted_version } = open;
  if (settled?.run_id === runId && run.fence !== null && settled.status !== 'expired') {
    const status = settled.status === 'failed' ? 'failed' : 'succeeded';
    await recordEnd(tx, open, status, data.content ?? '', at, next.version);
    return afterRun(
      next,
      status === 'failed'
        ? { as: 'failed', jitter: 0 }
        : { as: 'succeeded', changed: granted_version === null || settled.version > granted_version + 1 },
      at,
    );
  }
  const isDropped = run.status === 'queued' && !next.runnable;
  const isFenced = run.fence !== null && data.by_run !== true && (data.mission.fence ?? 0) > run.fence;
  if (!isDropped && !isFenced) return next;
  await recordEnd(
    tx,
    open,
    'expired',
    isDropped ? 'The mission can no longer be run.' : 'The mission was paused or has ended.',
    at,
    next.version,
  );
  return { ...next, run_id: null, next_run_at: next.runnable ? (next.next_run_at ?? at) : null };
}

/** The mission service's own timer of a mission's life, kept for it from the deadline that its events name. */
function lifeTimer(
  before: Watched | undefined,
  { life_deadline_at: deadline, mission_id, customer_id, user_id, version, erased }: Watched,
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

/** @throws {Problem} `VALIDATION_FAILED`: it goes to the dead letters rather than being tried again. */
function check(event: EventEnvelope): void {
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
