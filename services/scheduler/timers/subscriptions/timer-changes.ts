import type { EventEnvelope } from '@missions/contracts/event.ts';
import {
  TimerCancelled,
  type TimerOwner,
  timerOwnerSources,
  timerCancelledSubject,
  TimerSet,
  timerSetSubject,
} from '@missions/contracts/scheduler/timers.ts';
import { invalid, parser } from '@missions/contracts/schema.ts';
import { textFaults } from '@missions/contracts/text.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import type { Database } from '@missions/persistence/database.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { type Clock, dueBy } from '@missions/runtime/clock.ts';
import { isUuid } from '@missions/runtime/id.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { fireTime } from '../domain/fire-time.ts';
import { latestRevisions } from '../domain/latest-revision.ts';
import { type AppliedChange, applyTimerChanges, type TimerChange } from '../store/timers.ts';

/** The largest revision that the column's type `integer` can store. */
const MAX_REVISION = 2 ** 31 - 1;
const CONSUMER = 'scheduler';

const parseSet = parser(TimerSet);
const parseCancelled = parser(TimerCancelled);
const changesTotal = counter('missions_timer_changes_total', 'Sets and cancels of timers, by outcome', ['outcome']);

export interface TimerChangesContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Timers were committed, the first of which is due then (milliseconds since 1970). */
  readonly timersStored: (earliest: number) => void;
}

/**
 * Stores any number of sets and cancels in one transaction.
 * @throws {Problem} `VALIDATION_FAILED` if one of them is malformed.
 */
export const timerChanges =
  ({ db, clock, logger, timersStored }: TimerChangesContext) =>
  async (events: readonly EventEnvelope[]): Promise<void> => {
    const arrived = events.flatMap((event) => readChange(event, logger) ?? []);
    if (arrived.length === 0) return;
    const ids = arrived.map(({ event_id }) => event_id);
    const { applied, counts } = await transaction(db, async (tx) => {
      const unseen = await claimEvents(tx, CONSUMER, ids);
      const changes = arrived.filter(({ event_id }) => unseen.has(event_id)).map(({ change }) => change);
      const { winners, ignored } = latestRevisions(changes);
      const applied: AppliedChange[] = winners.length > 0 ? await applyTimerChanges(tx, winners, dueBy(clock)) : [];
      const older = ignored.length + winners.length - applied.length;
      return { applied, counts: { duplicate: arrived.length - changes.length, 'older-revision': older } };
    });
    for (const { outcome } of applied) changesTotal.inc({ outcome });
    for (const [outcome, count] of Object.entries(counts)) if (count > 0) changesTotal.inc({ outcome }, count);
    if (counts.duplicate + counts['older-revision'] > 0) logger.debug({ ignored: counts }, 'timer changes ignored');
    const earliest = Math.min(...applied.map(({ fire_at }) => fire_at ?? Infinity));
    if (earliest < Infinity) timersStored(earliest);
  };

/**
 * Answers undefined for another type of event: the subjects of a durable consumer may outlive the code that asked for
 * them. Also for a timer of another service: its deadline is not the sender's to move. The source is what the sender
 * says: it stops a faulty service, and no stolen login (decision 0017).
 */
function readChange(event: EventEnvelope, logger: Logger): { event_id: string; change: TimerChange } | undefined {
  const change = changeOf(event);
  if (change === undefined) {
    changesTotal.inc({ outcome: 'unknown-type' });
    return undefined;
  }
  const faults = textFaults(change);
  if (!isUuid(event.id)) faults.push({ path: '/id', message: 'is no UUID' });
  if (change.revision > MAX_REVISION) faults.push({ path: '/revision', message: `is larger than ${MAX_REVISION}` });
  if (faults.length > 0) throw invalid(faults);
  if (event.source !== timerOwnerSources[change.owner as TimerOwner]) {
    changesTotal.inc({ outcome: 'not-owner' });
    const { source, type, id } = event;
    logger.warn({ source, type, event: id, owner: change.owner }, 'ignored: only its owner sets and cancels a timer');
    return undefined;
  }
  return { event_id: event.id, change };
}

function changeOf({ type, data, traceparent: trace }: EventEnvelope): TimerChange | undefined {
  const traceparent = trace ?? null;
  switch (type) {
    case timerSetSubject: {
      const { owner, key, revision, customer_id, user_id, mission_id, fire_at, payload } = parseSet(data);
      return {
        owner,
        key,
        revision,
        customer_id,
        user_id,
        mission_id,
        fire_at: fireTime(fire_at),
        payload,
        traceparent,
      };
    }
    case timerCancelledSubject: {
      const { owner, key, revision, customer_id, user_id, mission_id } = parseCancelled(data);
      return { owner, key, revision, customer_id, user_id, mission_id, fire_at: null, payload: null, traceparent };
    }
    default:
      return undefined;
  }
}
