import { byProduct } from '@missions/contracts/audit.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { type Command, decide } from '../domain/decide.ts';
import { deedsOfProduct, grantsOf } from '../domain/deeds.ts';
import type { Actor } from '../domain/decision.ts';
import { erasedEvent } from '../domain/events.ts';
import type { Signal } from '../domain/heard.ts';
import { isToBeErased, lifeDeadline } from '../domain/lifecycle.ts';
import { timeOfCommand } from '../domain/mission-changes.ts';
import type { Mission } from '../domain/state.ts';
import { deadlineOfWait } from '../domain/wait-outcomes.ts';
import { type DeletedMission, eraseMission } from '../store/erase-mission.ts';
import { hasCome, lockMission } from '../store/load-mission.ts';
import type { MissionSaves } from '../store/save-missions.ts';
import type { Context } from './execute-command.ts';
import { problemOf } from './problems.ts';
import { saveDecision } from './save-decision.ts';

/** The actor of deadlines, deliveries of signals, and outcomes that no user has decided. */
export const systemActor: Actor = { kind: 'system', agent_id: null, conversation_id: '' };

/** The name under which this service claims events in its inbox, however they reach it. */
export const EVENT_CONSUMER = 'mission';

/** What an event asks of the mission that it names. */
export interface EventCommand {
  readonly command?: Command;
  readonly actor: Actor;
  /** To be stored for every mission of the event's user that waits for it, or will. */
  readonly signal?: { readonly key: string } & Omit<Signal, 'received_at'>;
}

/** What the events of one transaction share, whose `tx` is that of the saves. */
export interface EventBatch {
  /** Missions as they were locked; each is taken out before it changes. */
  readonly locked: Map<string, Mission>;
  readonly saves: MissionSaves;
}

/**
 * Load → decide → save for an event, in the transaction of its inbox claim. Returns the event's signal if it is to be
 * stored.
 *
 * Events may come late: the command of an ended wait is ignored, an erased mission receives nothing, and a deleted one
 * receives only the steps of its own life, what became of its budget, and the words of a user who responded when it ended. Signals are stored all
 * the same: other missions may wait for the same replies, and so may a deleted mission once it is restored.
 * @throws {Error} for a deadline that has not come by the database's clock: the event is delivered again later.
 */
export async function executeEvent(
  { clock, newId, deliveries, notify }: Context,
  tx: Tx,
  { id, type, customer_id, mission_id }: EventEnvelope,
  { command, actor, signal }: EventCommand,
  batch: EventBatch,
): Promise<EventCommand['signal']> {
  // An e-mail of no mission: there is no history to write, and any mission of its user may wait for its replies.
  if (mission_id === '') return signal;
  const isAgeing = command?.type === 'Age';
  const concernsDeleted = isAgeing || command?.type === 'ReceiveResponse' || command?.type === 'NoteBudget';
  const includeDeleted = concernsDeleted || signal !== undefined;
  const known = batch.locked.get(mission_id);
  batch.locked.delete(mission_id);
  const before = known ?? (await lockMission(tx, { customer_id, user_id: null }, mission_id, true));
  if (!before || before.customer_id !== customer_id) return undefined;
  if (before.deleted_at !== null && !includeDeleted) return undefined;
  if (!command || (before.deleted_at !== null && !concernsDeleted)) return signal;
  const due = 'deadline' in command ? await dueCommand(tx, before, command, dueBy(clock)) : command;
  if (due === 'outdated') return signal;
  if (due === 'early') throw new Error(`${type} ${id} of mission ${mission_id} came early: its deadline has not come`);
  const at = timeOfCommand(before, clock.now());
  if (due.type === 'Age' && isToBeErased(before, due.deadline)) {
    const announce = (deleted: DeletedMission) => erasedEvent(deleted, { id: newId(), at });
    await eraseMission(tx, { customer_id, mission_id }, at, announce, byProduct);
    return undefined;
  }
  const context = { at, actor, newId };
  const decision = decide(before, due, context);
  if (decision.kind !== 'moved') return signal;
  const effects = { wakeDeliveries: deliveries.wake, notify };
  const saved = await saveDecision(tx, { before, decision, context, cause: 'wait', saves: batch.saves }, effects);
  if (saved.kind === 'refused') throw problemOf(saved);
  const { mission } = saved;
  await recordDeeds(tx, [
    ...(actor.kind === 'user' ? grantsOf(before, mission) : []),
    ...deedsOfProduct(before, mission),
  ]);
  return signal;
}

type DueCommand = Extract<Command, { readonly deadline: string }>;

/** More than the server's deduplication takes for a repetition, less than the consumer's tries last. */
const SOON_MS = 300_000;

/**
 * Whoever publishes that a timer is due decides neither that it is, nor for when it was set: the mission's own deadline
 * counts, by the database's clock. A firing of an earlier deadline than the mission's is out of date. But shortly before
 * the mission's own it is given back like an early one: a forged one with the id of the firing that is to come would
 * make the server drop that one as a repetition.
 */
async function dueCommand(
  tx: Tx,
  mission: Mission,
  command: DueCommand,
  virtualNow: Date | null,
): Promise<DueCommand | 'outdated' | 'early'> {
  const own = command.type === 'Age' ? lifeDeadline(mission) : deadlineOfWait(mission, command.blocker_id);
  if (own === null) return 'outdated';
  if (await hasCome(tx, own, virtualNow)) return { ...command, deadline: own };
  const soon = new Date(Date.parse(own) - SOON_MS).toISOString();
  const mayMove = command.type === 'Age';
  const isOutdated = mayMove && command.deadline < own && !(await hasCome(tx, soon, virtualNow));
  return isOutdated ? 'outdated' : 'early';
}
