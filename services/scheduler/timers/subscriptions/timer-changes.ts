import type { EventEnvelope } from '@missions/contracts/event.ts';
import {
  FormerTimerCancelled,
  formerTimerCancelledSubject,
  FormerTimerSet,
  formerTimerSetSubject,
  timerOwnerSources,
} from '@missions/contracts/scheduler/former-timers.ts';
import {
  publishingTimerOwners,
  TimerCancelled,
  timerCancelledSubject,
  type TimerOwner,
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
const parseFormerSet = parser(FormerTimerSet);
const parseFormerCancelled = parser(FormerTimerCancelled);
/** The owner of a timer by the subject under which the server stored its set or cancel. No data can say another. */
const ownersBySubject = {
  set: new Map<string, TimerOwner>(publishingTimerOwners.map((owner) => [timerSetSubject(owner), owner])),
  cancel: new Map<string, TimerOwner>(publishingTimerOwners.map((owner) => [timerCancelledSubject(owner), owner])),
};
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
 * them. Also for a timer of another service: its deadline is not the sender's to move.
 */
function readChange(event: EventEnvelope, logger: Logger): { event_id: string; change: TimerChange } | undefined {
  const change = changeOf(event) ?? formerChangeOf(event);
  if (change === undefined) {
    changesTotal.inc({ outcome: 'unknown-type' });
    return undefined;
  }
  const faults = textFaults(change);
  if (!isUuid(event.id)) faults.push({ path: '/id', message: 'is no UUID' });
  if (change.revision > MAX_REVISION) faults.push({ path: '/revision', message: `is larger than ${MAX_REVISION}` });
  if (faults.length > 0) throw invalid(faults);
  const { source, type, id } = event;
  if (isFormer(type) && source !== timerOwnerSources[change.owner as TimerOwner]) {
    changesTotal.inc({ outcome: 'not-owner' });
    logger.warn({ source, type, event: id, owner: change.owner }, 'ignored: only its owner sets and cancels a timer');
    return undefined;
  }
  return { event_id: id, change };
}

function changeOf({ type, data, traceparent = null }: Readable): TimerChange | undefined {
  const settingOwner = ownersBySubject.set.get(type);
  if (settingOwner !== undefined) return setBy(settingOwner, parseSet(data), traceparent);
  const cancellingOwner = ownersBySubject.cancel.get(type);
  if (cancellingOwner !== undefined) return cancelledBy(cancellingOwner, parseCancelled(data), traceparent);
  return undefined;
}

/**
 * Messages of earlier versions, which the stream still holds: the owner is what the data say, if the source agrees. The
 * source is the sender's word, but nobody can send such a message any more (former-timers.ts says when this can go).
 */
function formerChangeOf({ type, data, traceparent = null }: Readable): TimerChange | undefined {
  if (type === formerTimerSetSubject) {
    const former = parseFormerSet(data);
    return setBy(former.owner as TimerOwner, former, traceparent);
  }
  if (type === formerTimerCancelledSubject) {
    const former = parseFormerCancelled(data);
    return cancelledBy(former.owner as TimerOwner, former, traceparent);
  }
  return undefined;
}

type Readable = Pick<EventEnvelope, 'type' | 'data'> & { readonly traceparent?: string | null };
const isFormer = (type: string): boolean => type === formerTimerSetSubject || type === formerTimerCancelledSubject;

function setBy(owner: TimerOwner, set: TimerSet, traceparent: string | null): TimerChange {
  const { key, revision, customer_id, user_id, mission_id, fire_at, payload } = set;
  const scope = { customer_id, user_id, mission_id };
  return { owner, key, revision, ...scope, fire_at: fireTime(fire_at), payload, traceparent };
}

function cancelledBy(owner: TimerOwner, cancelled: TimerCancelled, traceparent: string | null): TimerChange {
  const { key, revision, customer_id, user_id, mission_id } = cancelled;
  return { owner, key, revision, customer_id, user_id, mission_id, fire_at: null, payload: null, traceparent };
}
