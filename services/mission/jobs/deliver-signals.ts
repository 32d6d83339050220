import type { Database } from '@missions/persistence/database.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { decide } from '../domain/decide.ts';
import type { Actor } from '../domain/decision.ts';
import type { Signal } from '../domain/waiting.ts';
import { lockMission } from '../store/load-mission.ts';
import { type PendingDelivery, type Pending, pendingDeliveries, purgeSignals, takeDelivery } from '../store/signals.ts';
import { saveDecision, type Notify } from '../commands/save-decision.ts';

/**
 * Brings signals to the waits that were open when they came. Whoever received a signal committed, with it, one delivery for each wait; each
 * is carried out in a transaction of its own, which takes the delivery away together with its effect. A process that dies in between
 * leaves deliveries, and the next round of any copy carries them out.
 */
export interface SignalDelivery {
  /** Something new is on its way. */
  readonly wake: () => void;
  /** Carries out those of one signal before its sender is answered, so that senders read their own writes. */
  deliver(of: { customer_id: string; signal_id: string }): Promise<void>;
  stop(): Promise<void>;
}

export interface SignalDeliveryOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly hint: Notify;
  /** Between rounds when nothing wakes them: how long a delivery left by a dead process may lie. */
  readonly pollMs?: number;
}

const BATCH = 50;
const system: Actor = { kind: 'system', agent_id: null, conversation_id: '' };

export function startSignalDelivery({
  db,
  clock,
  newId,
  logger,
  hint,
  pollMs = 5_000,
}: SignalDeliveryOptions): SignalDelivery {
  let stopping = false;
  let again = true;
  let nudge: () => void = () => {};
  const wake = (): void => {
    again = true;
    nudge();
  };

  const carryOut = async (tx: Tx, { mission_id, customer_id, blocker_id, signal }: PendingDelivery): Promise<void> => {
    const before = await lockMission(tx, { customer_id, user_id: null }, mission_id);
    const circumstances = { at: clock.now().toISOString(), actor: system, newId };
    const received = async (it: Signal): Promise<void> => {
      const decision = decide(before, { type: 'ReceiveSignal', blocker_id, signal: it }, circumstances);
      if (decision.kind === 'moved')
        await saveDecision(tx, before, decision, circumstances, { wake, hint, outcome: true });
    };
    // A mission that is full waits no longer for that: what the signal said is left out, and that it came is not.
    await received(signal).catch((error: unknown) => {
      if (!isTooLarge(error)) throw error;
      return received({ ...signal, data: { left_out: 'The mission is too large to hold what this signal said.' } });
    });
  };

  /** All there is, once: one that fails stays for a later round, and those behind it have their turn all the same. */
  const round = async (of?: { customer_id: string; signal_id: string }): Promise<void> => {
    for (let last: Pending | undefined; !stopping || of;) {
      const found = await pendingDeliveries(autocommit(db), BATCH, of, last);
      await deliverEach(found);
      last = found.at(-1);
      if (found.length < BATCH) return;
    }
  };

  const deliverEach = async (found: readonly Pending[]): Promise<void> => {
    for (const { blocker_id, signal_id, customer_id } of found) {
      try {
        await transaction(db, async (tx) => {
          const delivery = await takeDelivery(tx, blocker_id, signal_id, customer_id);
          // A mission that was deleted meanwhile waits for nothing; its delivery goes all the same.
          if (delivery) await carryOut(tx, delivery).catch(ignoreMissing);
        });
      } catch (error) {
        logger.warn({ err: error, blocker_id, signal_id }, 'a signal could not be delivered; it will be tried again');
      }
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping) {
      again = false;
      try {
        await round();
        await purgeSignals(autocommit(db), clock.now().toISOString());
      } catch (error) {
        logger.warn({ err: error }, 'a round of deliveries failed');
      }
      if (!again && !stopping) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollMs);
          nudge = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  };
  const running = run();

  return {
    wake,
    deliver: round,
    stop: async () => {
      stopping = true;
      nudge();
      await running;
    },
  };
}

const isTooLarge = (error: unknown): boolean => error instanceof Problem && error.code === 'VALIDATION_FAILED';

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Problem && error.code === 'MISSION_NOT_FOUND')) throw error;
}
