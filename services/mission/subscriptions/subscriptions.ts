import { approvalOutcomes } from '@missions/contracts/approval/events.ts';
import { emailOutcomes } from '@missions/contracts/email/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { isBlockerTimer, isLifeTimer, readTimerFired } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';
import { type Command, decide } from '../domain/decide.ts';
import type { Actor } from '../domain/decision.ts';
import { isToBeErased } from '../domain/lifecycle.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { lockMission } from '../store/load-mission.ts';
import { keepSignal } from '../store/signals.ts';
import type { Context } from '../commands/execute-command.ts';
import { saveDecision } from '../commands/save-decision.ts';
import { type EmailEventCommand, commandForEmailEvent } from './email.ts';

/** What the mission service listens to: answers, what comes of its mail, and deadlines. */
export const missionSubscriptions: readonly { readonly stream: StreamName; readonly subjects: readonly string[] }[] = [
  { stream: 'APPROVAL', subjects: Object.values(approvalOutcomes) },
  { stream: 'EMAIL', subjects: Object.values(emailOutcomes) },
  { stream: 'SCHEDULER', subjects: [timerSubject('mission')] },
];

const CONSUMER = 'mission';
// Tolerant: a newer publisher may say more.
const parseResponded = eventReader(approvalOutcomes.responded);
const parseExpired = eventReader(approvalOutcomes.expired);

const system: Actor = { kind: 'system', agent_id: null, conversation_id: '' };

/** What an event asks for: a command, in whose name, and what to keep for those who wait. */
interface Asked {
  readonly command?: Command;
  readonly actor: Actor;
  readonly signal?: EmailEventCommand['signal'];
}
type Kept = NonNullable<Asked['signal']> & { readonly customer_id: string };

/** undefined: an event of a kind that is not known (yet) here. */
function askedBy(event: EventEnvelope): Asked | undefined {
  switch (event.type) {
    case approvalOutcomes.responded: {
      const { request_id, response } = parseResponded(event.data);
      const actor: Actor = response.via === 'timeout' ? system : { ...system, kind: 'user' };
      return { command: { type: 'ReceiveResponse', request_id, response }, actor };
    }
    case approvalOutcomes.expired:
      return {
        command: { type: 'ExpireInputRequest', request_id: parseExpired(event.data).request_id },
        actor: system,
      };
    case timerSubject('mission'): {
      const { payload, fire_at } = readTimerFired.mission(event.data);
      if (isLifeTimer(payload)) return { command: { type: 'Age', deadline: fire_at }, actor: system };
      return isBlockerTimer(payload)
        ? { command: { type: 'ReachDeadline', blocker_id: payload.blocker_id, deadline: fire_at }, actor: system }
        : undefined;
    }
    default: {
      const heard = commandForEmailEvent(event);
      return heard && { ...heard, actor: system };
    }
  }
}

/**
 * Carries events out, each once: inbox claim, state and outbox commit together. A batch is one transaction, its missions locked in the order
 * of their ids, so that two batches cannot lock each other out, and the keys of signals last; when it fails, the consumer comes again with one
 * event at a time.
 */
export function eventHandlers(context: Context) {
  const { db, clock, newId, deliveries, hint } = context;

  /** Answers the signal that is to be kept. */
  const apply = async (tx: Tx, event: EventEnvelope): Promise<Kept | undefined> => {
    const asked = askedBy(event);
    if (!asked) return undefined;
    const { customer_id, mission_id } = event;
    const { command, actor } = asked;
    const kept = asked.signal && { customer_id, ...asked.signal };
    // A mail of no mission: whoever waits for it is free to, and there is no history to tell it.
    if (mission_id === '') return kept;
    const ages = command?.type === 'Age';
    const before = await lockMission(tx, { customer_id, user_id: null }, mission_id, ages || kept !== undefined).catch(
      missingIsGone,
    );
    if (!before || !command) return before && kept;
    // A deleted mission hears nothing; others may wait for the same replies, and so may it once it is restored.
    if (before.deleted_at !== null && !ages) return kept;
    if (command.type === 'Age' && isToBeErased(before, command.deadline)) {
      await eraseMission(tx, customer_id, mission_id, clock.now().toISOString(), newId());
      return undefined;
    }
    const circumstances = { at: clock.now().toISOString(), actor, newId };
    const decision = decide(before, command, circumstances);
    // Late answers and deadlines of waits that ended meanwhile are no faults: nothing is left to do.
    if (decision.kind === 'moved')
      await saveDecision(tx, before, decision, circumstances, { wake: deliveries.wake, hint, outcome: true });
    return kept;
  };

  const keep = async (tx: Tx, { customer_id, key, ...signal }: Kept): Promise<void> => {
    const { waiters } = await keepSignal(tx, customer_id, key, { ...signal, received_at: clock.now().toISOString() });
    if (waiters > 0) tx.afterCommit(deliveries.wake);
  };

  const handleBatch = (events: readonly EventEnvelope[]): Promise<void> =>
    transaction(db, async (tx) => {
      const fresh = await claimEvents(
        tx,
        CONSUMER,
        events.map((event) => event.id),
      );
      // Stable: events of one mission keep their order.
      const inOrder = events
        .filter((event) => fresh.delete(event.id))
        .toSorted((a, b) => (a.mission_id < b.mission_id ? -1 : a.mission_id > b.mission_id ? 1 : 0));
      const signals: Kept[] = [];
      for (const event of inOrder) {
        const kept = await apply(tx, event);
        if (kept) signals.push(kept);
      }
      for (const signal of signals.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)))
        await keep(tx, signal);
    });

  return { handleBatch, handleOne: (event: EventEnvelope) => handleBatch([event]) };
}

/** A mission that was erased waits for nothing, and one that was deleted hears of no command but of its life. */
function missingIsGone(error: unknown): undefined {
  if (error instanceof Problem && error.code === 'MISSION_NOT_FOUND') return undefined;
  throw error;
}
