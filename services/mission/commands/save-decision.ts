import type { Deed } from '@missions/contracts/audit.ts';
import type { Idempotency } from '@missions/contracts/request.ts';
import { inboxNotification } from '@missions/contracts/mission/inbox.ts';
import { missionEndKey } from '@missions/contracts/waits.ts';
import { quotaExceeded } from '@missions/contracts/quotas.ts';
import type { StoredResult } from '@missions/persistence/idempotency.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { type Command, decide } from '../domain/decide.ts';
import type { Decision, MissionChange, Refusal } from '../domain/decision.ts';
import { recordDecision } from '../domain/events.ts';
import type { Signal } from '../domain/heard.ts';
import type { CommandContext } from '../domain/mission-changes.ts';
import { inboxChanges } from '../domain/inbox.ts';
import { addsToStored, refuseAddition } from '../domain/size.ts';
import { type Blocker, isClosed, type Mission, openBlockers, statusOf } from '../domain/state.ts';
import { CreationGroup, insertMission } from '../store/create-mission.ts';
import { bytesAdded } from '../store/quotas.ts';
import { type SavedRows, saveMission } from '../store/save-mission.ts';
import type { MissionSaves } from '../store/save-missions.ts';
import { insertItems } from '../store/inbox-items.ts';
import { findEndOfMission } from '../store/awaited-missions.ts';
import { findStoredSignal, type OtherWaits, storeSignal } from '../store/signals.ts';

export type MovedDecision = Extract<Decision, { kind: 'moved' }>;

/** A decision to be saved, with the context in which it was taken. */
interface Decided {
  readonly decision: MovedDecision;
  readonly context: CommandContext;
}

/** The decision that creates a mission. */
export interface DecidedCreation extends Decided {
  readonly before: null;
  readonly idempotency?: Idempotency | undefined;
  readonly deeds: readonly Deed[];
}

/** A decision about a mission that the transaction has locked. */
export interface DecidedChange extends Decided {
  readonly before: Mission;
  /** Only what a caller adds is refused for its size (`domain/size.ts`). */
  readonly cause: 'caller' | 'wait';
  /** Where the save may wait for those of other missions. `tx` is theirs then, and the written rows are not answered. */
  readonly saves?: MissionSaves | undefined;
}

export interface SavedDecision {
  readonly kind: 'saved';
  readonly mission: Mission;
  readonly changes: readonly MissionChange[];
  readonly rows: SavedRows | null;
}

/** Called after the commit, and never without one. */
export interface SaveEffects {
  /** New deliveries of signals were stored. */
  readonly wakeDeliveries: () => void;
  /** Sends a live notification to the user's open streams; lossy (architecture section 4, `live.*`). */
  readonly notify: (customerId: string, userId: string, payload: object) => void;
}

/**
 * The only way in which a decision about a mission is saved, be its cause a request, an event or a signal.
 * Stored signals that the decision's new waits can take are applied first. Then one statement writes state, history,
 * timers and outbox.
 *
 * A creation needs no transaction of its own unless it locks or reads something else: a `CreationGroup` writes it
 * together with the other creations of the same moment.
 */
export function saveDecision(
  tx: Tx | CreationGroup,
  decided: DecidedCreation,
  effects: SaveEffects,
): Promise<StoredResult>;
export function saveDecision(tx: Tx, decided: DecidedChange, effects: SaveEffects): Promise<SavedDecision | Refusal>;
export function saveDecision(
  tx: Tx | CreationGroup,
  decided: DecidedCreation | DecidedChange,
  effects: SaveEffects,
): Promise<StoredResult | SavedDecision | Refusal> {
  return decided.before === null ? saveCreation(tx, decided, effects) : saveChange(tx as Tx, decided, effects);
}

/**
 * Stores a new mission, its representation under the idempotency key, and its deeds. The size of a new mission is not checked,
 * because its request has at most 256 KB.
 */
async function saveCreation(
  tx: Tx | CreationGroup,
  { decision, context, idempotency, deeds }: DecidedCreation,
  { notify }: SaveEffects,
): Promise<StoredResult> {
  if (tx instanceof CreationGroup) {
    // The decision opened no wait, so no stored signal concerns it, and nothing waits for its user.
    const recorded = recordDecision(null, decision, context);
    const result = await tx.insert(recorded, { idempotency, deeds });
    notifyUser(notify, null, recorded.mission);
    return result;
  }
  const recorded = recordDecision(null, await applySignals(tx, null, decision, context), context);
  const result = await insertMission(tx, recorded, { idempotency, deeds });
  await insertItems(tx, recorded.mission);
  tx.afterCommit(() => notifyUser(notify, null, recorded.mission));
  return result;
}

/** Refuses what a caller adds to a full mission. @throws Problem QUOTA_EXCEEDED for what an agent adds at a full quota. */
async function saveChange(
  tx: Tx,
  { before, decision, context, cause, saves }: DecidedChange,
  { wakeDeliveries, notify }: SaveEffects,
): Promise<SavedDecision | Refusal> {
  const applied = await applySignals(tx, before, decision, context);
  const refusal = cause === 'caller' ? refuseAddition(before, applied.next) : undefined;
  if (refusal) return refusal;
  const recorded = recordDecision(before, applied, context);
  const { mission } = recorded;
  const rows = saves ? null : await saveMission(tx, recorded);
  saves?.add(recorded);
  if (rows?.storage && cause === 'caller' && context.actor.kind === 'agent') {
    const { limit, used } = rows.storage;
    // The transaction rolls back what was written.
    if (used > limit && addsToStored(before, mission, applied.changes))
      throw quotaExceeded({ quota: 'storage', limit, used: used - bytesAdded(recorded) });
  }
  if (await storeEndSignal(tx, before, mission, context.at)) tx.afterCommit(wakeDeliveries);
  tx.afterCommit(() => notifyUser(notify, before, mission));
  return { kind: 'saved', mission, changes: applied.changes, rows };
}

/** The inbox of others has changed, in which a question of this mission stands; they see nothing else of it. */
function notifyOthers(notify: SaveEffects['notify'], before: Mission | null, after: Mission): void {
  const isShared = ({ blockers }: Mission): boolean =>
    blockers.some(({ resolved_at, asked }) => resolved_at === null && asked?.others);
  if (!isShared(after) && !(before && isShared(before))) return;
  const users = inboxChanges(before, after).flatMap(({ of }) => (of ? [of.user_id] : []));
  for (const user of new Set(users)) notify(after.customer_id, user, inboxNotification);
}

/** `after` is the sequence of the newest entry before the change, so that a stream can read what the change wrote. */
const notifyUser = (notify: SaveEffects['notify'], before: Mission | null, mission: Mission): void => {
  const { customer_id, user_id, id, version } = mission;
  notify(customer_id, user_id, { type: 'mission', mission_id: id, version, after: before?.last_sequence ?? 0 });
  notifyOthers(notify, before, mission);
};

/**
 * A signal may have come before its wait: each wait that a decision opened is looked up among the stored signals in the
 * same transaction, and ends at once when a signal fits. The mission then goes on, and may open further waits (a
 * dependant that only waits), so the search repeats until no new wait has opened. Keys are searched in order, so that
 * two openers of the same keys wait for each other in one direction.
 *
 * The waits of one round take the same signals. What has ended a wait in an earlier round, or in the decision itself,
 * ends none that opens because of it. A wait for another mission looks at that mission instead, at its state and not
 * at what it signalled once: it may have been reopened since.
 */
async function applySignals(
  tx: Tx,
  before: Mission | null,
  decision: MovedDecision,
  context: CommandContext,
): Promise<Pick<MovedDecision, 'next' | 'changes'>> {
  let { next } = decision;
  const changes = [...decision.changes];
  const searched = new Set(before?.blockers.map((blocker) => blocker.id));
  for (;;) {
    const opened = openBlockers(next).filter(({ id, kind }) => !searched.has(id) && kind !== 'human_input');
    if (opened.length === 0) return { next, changes };
    const round = next;
    for (const blocker of opened.toSorted(byKey)) {
      searched.add(blocker.id);
      const command =
        blocker.kind === 'time'
          ? timeThatHasCome(blocker, context)
          : await storedSignalOf(tx, next, blocker, context, otherWaits(round, blocker, before));
      const received = command && decide(next, command, context);
      if (received?.kind !== 'moved') continue;
      ({ next } = received);
      changes.push(...received.changes);
    }
  }
}

/** By key, and times last: of several waits a stored signal came before the time. */
const byKey = (a: Blocker, b: Blocker): number =>
  Number(a.kind === 'time') - Number(b.kind === 'time') || (a.key < b.key ? -1 : 1);

async function storedSignalOf(
  tx: Tx,
  mission: Mission,
  blocker: Blocker,
  { at }: CommandContext,
  others: OtherWaits,
): Promise<Command | undefined> {
  const signal =
    blocker.kind === 'mission'
      ? await findEndOfMission(tx, mission, blocker)
      : await findStoredSignal(tx, mission, blocker, at, others);
  return signal && { type: 'ReceiveSignal', blocker_id: blocker.id, signal };
}

/** A wait for a time in the past ends in the decision that opens it. For any other time the scheduler keeps a timer. */
const timeThatHasCome = ({ id, timeout_at }: Blocker, { at }: CommandContext): Command | undefined =>
  timeout_at !== null && timeout_at <= at ? { type: 'ReachDeadline', blocker_id: id, deadline: timeout_at } : undefined;

/** `round`: the mission before any wait of the blocker's round has ended. */
function otherWaits(round: Mission, { key, task_id }: Blocker, before: Mission | null): OtherWaits {
  const others = round.blockers.filter((other) => other.key === key);
  const openBefore = new Set(before && openBlockers(before).map(({ id }) => id));
  return {
    taken: others.flatMap(signalOf),
    takenByTask: others.filter((other) => other.task_id === task_id).flatMap(signalOf),
    open: others.filter(({ id, resolved_at }) => resolved_at === null && openBefore.has(id)).map(({ id }) => id),
  };
}

const signalOf = ({ resolution }: Blocker): string[] =>
  resolution?.['by'] === 'signal' ? [(resolution['signal'] as Signal).id] : [];

/**
 * The end of a mission is the signal `mission:<id>` of its user, so that another mission of that user may wait for it
 * (specification section 4.1). Returns whether any mission does.
 */
async function storeEndSignal(tx: Tx, before: Mission, after: Mission, at: string): Promise<boolean> {
  if (isClosed(before) || !isClosed(after)) return false;
  const { waiters } = await storeSignal(tx, after, missionEndKey(after.id), {
    // A mission that is reopened and ends again has another version, and so signals again.
    id: `${after.id}:${after.version}`,
    data: { mission_id: after.id, status: statusOf(after), outcome: after.outcome },
    final: true,
    received_at: at,
  });
  return waiters > 0;
}
