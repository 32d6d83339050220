import { approvalOutcomes } from '@missions/contracts/approval/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { claim } from '@missions/persistence/inbox.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';
import { type Command, decide } from '../domain/decide.ts';
import type { Actor } from '../domain/decision.ts';
import { isToBeErased } from '../domain/life.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { lockMission } from '../store/load-mission.ts';
import type { Context } from './change.ts';
import { commit } from './commit.ts';

/** What the mission service listens to: answers and deadlines. */
export const missionSubscriptions: readonly { readonly stream: StreamName; readonly subjects: readonly string[] }[] = [
  { stream: 'APPROVAL', subjects: Object.values(approvalOutcomes) },
  { stream: 'SCHEDULER', subjects: [timerSubject('mission')] },
];

const CONSUMER = 'mission';
// Tolerant: a newer publisher may say more.
const parseResponded = eventReader(approvalOutcomes.responded);
const parseExpired = eventReader(approvalOutcomes.expired);
const parseFired = eventReader(timerSubject('mission'));

const system: Actor = { kind: 'system', agent_id: null, conversation_id: '' };

/** The command that an event asks for, and in whose name. undefined: an event of a kind that is not known (yet) here. */
function commandOf(event: EventEnvelope): { command: Command; actor: Actor } | undefined {
  switch (event.type) {
    case approvalOutcomes.responded: {
      const { request_id, response } = parseResponded(event.data);
      const actor: Actor = response.via === 'timeout' ? system : { ...system, kind: 'user' };
      return { command: { type: 'ReceiveAnswer', request_id, response }, actor };
    }
    case approvalOutcomes.expired:
      return { command: { type: 'ExpireQuestion', request_id: parseExpired(event.data).request_id }, actor: system };
    case timerSubject('mission'): {
      const { payload, fire_at } = parseFired(event.data);
      if (payload['life'] === true) return { command: { type: 'Age', deadline: fire_at }, actor: system };
      const blocker_id = payload['blocker_id'];
      return typeof blocker_id === 'string' ? { command: { type: 'ReachDeadline', blocker_id, deadline: fire_at }, actor: system } : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * Carries events out, each once: inbox claim, state and outbox commit together. A batch is one transaction, its missions locked in the order
 * of their ids, so that two batches cannot lock each other out; when it fails, the consumer comes again with one event at a time.
 */
export function eventHandlers(context: Context) {
  const { db, clock, newId, deliveries, hint } = context;

  const apply = async (tx: Tx, event: EventEnvelope): Promise<void> => {
    const asked = commandOf(event);
    if (!asked) return;
    const { customer_id, mission_id } = event;
    const ages = asked.command.type === 'Age';
    const before = await lockMission(tx, { customer_id, user_id: null }, mission_id, ages).catch(missingIsGone);
    if (!before) return;
    if (asked.command.type === 'Age' && isToBeErased(before, asked.command.deadline)) {
      await eraseMission(tx, customer_id, mission_id, clock.now().toISOString(), newId());
      return;
    }
    const circumstances = { at: clock.now().toISOString(), actor: asked.actor, newId };
    const decision = decide(before, asked.command, circumstances);
    // Late answers and deadlines of waits that ended meanwhile are no faults: nothing is left to do.
    if (decision.kind === 'moved') await commit(tx, before, decision, circumstances, { wake: deliveries.wake, hint });
  };

  const handleBatch = (events: readonly EventEnvelope[]): Promise<void> =>
    transaction(db, async (tx) => {
      const fresh = await claim(tx, CONSUMER, events.map((event) => event.id));
      // Stable: events of one mission keep their order.
      const inOrder = events.filter((event) => fresh.delete(event.id)).toSorted((a, b) => (a.mission_id < b.mission_id ? -1 : a.mission_id > b.mission_id ? 1 : 0));
      for (const event of inOrder) await apply(tx, event);
    });

  return { handleBatch, handleOne: (event: EventEnvelope) => handleBatch([event]) };
}

/** A mission that was deleted or erased waits for nothing. */
function missingIsGone(error: unknown): undefined {
  if (error instanceof Problem && error.code === 'MISSION_NOT_FOUND') return undefined;
  throw error;
}
