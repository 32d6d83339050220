import type { EventEnvelope } from '@missions/contracts/event.ts';
import {
  TimerCancelled,
  timerCancelledSubject,
  TimerSet,
  timerSetSubject,
} from '@missions/contracts/scheduler/timers.ts';
import { invalid, parser } from '@missions/contracts/schema.ts';
import { textFaults } from '@missions/contracts/text.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { type Database } from '@missions/persistence/database.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { type Clock, dueBy } from '@missions/runtime/clock.ts';
import { isUuid } from '@missions/runtime/id.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { fireTime } from '../domain/fire-time.ts';
import { latestRevisions } from '../domain/latest-revision.ts';
import { type Kept, keepTimers, type TimerChange } from '../store/timers.ts';

/** Of `integer`, which revisions are stored as. */
const MAX_REVISION = 2 ** 31 - 1;
const CONSUMER = 'scheduler';

const parseSet = parser(TimerSet);
const parseCancelled = parser(TimerCancelled);
const changesTotal = counter('missions_timer_changes_total', 'Sets and cancels of timers by what came of them', [
  'outcome',
]);

export interface TimerChangesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Timers were committed, the first of them due then (milliseconds since 1970). */
  readonly stored: (earliest: number) => void;
}

/** Handles sets and cancels, any number in one transaction. @throws {Problem} `VALIDATION_FAILED` when one of them is no such thing. */
export const timerChanges =
  ({ db, clock, logger, stored }: TimerChangesOptions) =>
  async (events: readonly EventEnvelope[]): Promise<void> => {
    const arrived = events.flatMap((event) => timerChange(event) ?? []);
    if (arrived.length === 0) return;
    const { kept, counts } = await transaction(db, async (tx) => {
      const fresh = await claimEvents(
        tx,
        CONSUMER,
        arrived.map(({ event_id }) => event_id),
      );
      const changes = arrived.filter(({ event_id }) => fresh.has(event_id)).map(({ change }) => change);
      const { winners, ignored } = latestRevisions(changes);
      const kept: Kept[] = winners.length > 0 ? await keepTimers(tx, winners, dueBy(clock)) : [];
      const older = ignored.length + winners.length - kept.length;
      return { kept, counts: { duplicate: arrived.length - changes.length, 'older-revision': older } };
    });
    for (const { outcome } of kept) changesTotal.inc({ outcome });
    for (const [outcome, count] of Object.entries(counts)) if (count > 0) changesTotal.inc({ outcome }, count);
    if (counts.duplicate + counts['older-revision'] > 0) logger.debug({ ignored: counts }, 'changes of timers ignored');
    const earliest = Math.min(...kept.map(({ fire_at }) => fire_at ?? Infinity));
    if (earliest < Infinity) stored(earliest);
  };

/** undefined of an event that is neither: the subjects that a consumer wants may outlive the code that asked for them. */
function timerChange(event: EventEnvelope): { event_id: string; change: TimerChange } | undefined {
  const change = changeOf(event);
  if (change === undefined) {
    changesTotal.inc({ outcome: 'unknown-type' });
    return undefined;
  }
  const faults = textFaults(change);
  if (!isUuid(event.id)) faults.push({ path: '/id', message: 'is no UUID' });
  if (change.revision > MAX_REVISION) faults.push({ path: '/revision', message: `is larger than ${MAX_REVISION}` });
  if (faults.length > 0) throw invalid(faults);
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
