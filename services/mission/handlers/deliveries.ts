import type { Database } from '@missions/persistence/database.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { decide } from '../domain/decide.ts';
import type { Actor } from '../domain/decision.ts';
import { lockMission } from '../store/load-mission.ts';
import { type Delivery, pendingDeliveries, purgeSignals, takeDelivery } from '../store/signals.ts';
import { commit, type Hint } from './commit.ts';

/**
 * Brings signals to the waits that were open when they came. Whoever received a signal committed, with it, one delivery for each wait; each
 * is carried out in a transaction of its own, which takes the delivery away together with its effect. A process that dies in between
 * leaves deliveries, and the next round of any copy carries them out.
 */
export interface Deliveries {
  /** Something new is on its way. */
  readonly wake: () => void;
  /** Carries out those of one signal before its sender is answered, so that senders read their own writes. */
  deliver(of: { customer_id: string; signal_id: string }): Promise<void>;
  stop(): Promise<void>;
}

export interface DeliveriesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly hint: Hint;
  /** Between rounds when nothing wakes them: how long a delivery left by a dead process may lie. */
  readonly pollMs?: number;
}

const BATCH = 50;
const system: Actor = { kind: 'system', agent_id: null, conversation_id: '' };

export function startDeliveries({ db, clock, newId, logger, hint, pollMs = 5_000 }: DeliveriesOptions): Deliveries {
  let stopping = false;
  let again = true;
  let nudge: () => void = () => {};
  const wake = (): void => {
    again = true;
    nudge();
  };

  const carryOut = async (tx: Tx, { mission_id, customer_id, blocker_id, signal }: Delivery): Promise<void> => {
    const before = await lockMission(tx, { customer_id, user_id: null }, mission_id);
    const circumstances = { at: clock.now().toISOString(), actor: system, newId };
    const decision = decide(before, { type: 'ReceiveSignal', blocker_id, signal }, circumstances);
    if (decision.kind !== 'moved') return;
    await commit(tx, before, decision, circumstances, { wake, hint });
  };

  /** Answers how many it found. One that fails stays for a later round and does not hold up the others. */
  const round = async (of?: { customer_id: string; signal_id: string }): Promise<number> => {
    const found = await pendingDeliveries(autocommit(db), BATCH, of);
    let failed = 0;
    for (const { blocker_id, signal_id, customer_id } of found) {
      try {
        await transaction(db, async (tx) => {
          const delivery = await takeDelivery(tx, blocker_id, signal_id, customer_id);
          // A mission that was deleted meanwhile waits for nothing; its delivery goes all the same.
          if (delivery) await carryOut(tx, delivery).catch(ignoreMissing);
        });
      } catch (error) {
        failed += 1;
        logger.warn({ err: error, blocker_id, signal_id }, 'a signal could not be delivered; it will be tried again');
      }
    }
    return found.length - failed;
  };

  const run = async (): Promise<void> => {
    while (!stopping) {
      again = false;
      try {
        while (!stopping && (await round()) === BATCH);
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
    deliver: async (of) => {
      while ((await round(of)) === BATCH);
    },
    stop: async () => {
      stopping = true;
      nudge();
      await running;
    },
  };
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Problem && error.code === 'MISSION_NOT_FOUND')) throw error;
}
