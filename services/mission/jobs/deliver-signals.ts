import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { startLoop } from '@missions/runtime/loop.ts';
import type { ServiceContext } from '@missions/service-kit/service.ts';
import type { SignalDelivery } from '../commands/execute-command.ts';
import { systemActor } from '../commands/execute-event.ts';
import { problemOf } from '../commands/problems.ts';
import { saveDecision } from '../commands/save-decision.ts';
import { decide } from '../domain/decide.ts';
import { timeOfCommand } from '../domain/mission-changes.ts';
import { lockMission } from '../store/load-mission.ts';
import {
  offerAgain,
  type PendingDelivery,
  pendingDeliveries,
  purgeSignals,
  type SignalName,
  takeDelivery,
  type TakenDelivery,
} from '../store/signals.ts';

export type SignalDeliveryOptions = Pick<ServiceContext, 'db' | 'clock' | 'newId' | 'logger' | 'notify'> & {
  /**
   * The time between rounds if nothing wakes them, and so the longest time that a delivery left by a dead process
   * waits.
   */
  readonly pollMs?: number | undefined;
};

const BATCH = 50;

/**
 * Brings signals to the waits that were open when they came. The transaction that stored a signal also stored one
 * delivery for each such wait. Each delivery is executed in a transaction of its own, which deletes the delivery
 * together with its effect. A process that dies in between leaves deliveries behind, and the next round of any copy of
 * the service executes them.
 */
export function startSignalDelivery({
  db,
  clock,
  newId,
  logger,
  notify,
  pollMs = 5_000,
}: SignalDeliveryOptions): SignalDelivery & { stop(): Promise<void> } {
  const execute = async (tx: Tx, delivery: TakenDelivery): Promise<void> => {
    const { mission_id, customer_id, blocker_id, signal } = delivery;
    const before = await lockMission(tx, { customer_id, user_id: null }, mission_id);
    // A mission that was deleted meanwhile waits for nothing; the delivery is taken all the same.
    if (!before) return;
    const context = { at: timeOfCommand(before, clock.now()), actor: systemActor, newId };
    const decision = decide(before, { type: 'ReceiveSignal', blocker_id, signal }, context);
    if (decision.kind !== 'moved') {
      if ((await offerAgain(tx, delivery)) > 0) tx.afterCommit(() => loop.wake());
      return;
    }
    const saved = await saveDecision(
      tx,
      { before, decision, context, cause: 'wait' },
      { wakeDeliveries: () => loop.wake(), notify },
    );
    if (saved.kind === 'refused') throw problemOf(saved);
  };

  /** A delivery that fails stays for a later round, and does not hold up the deliveries behind it. */
  const executeEach = async (page: readonly PendingDelivery[]): Promise<void> => {
    for (const pending of page) {
      try {
        await transaction(db, async (tx) => {
          const delivery = await takeDelivery(tx, pending);
          if (delivery) await execute(tx, delivery);
        });
      } catch (error) {
        const { blocker_id, signal_id } = pending;
        logger.warn({ err: error, blocker_id, signal_id }, 'a signal could not be delivered; it will be tried again');
      }
    }
  };

  /** Tries every pending delivery once, or every pending delivery of one signal. */
  const executePending = async ({ only, stopping }: { only?: SignalName; stopping?: AbortSignal }): Promise<void> => {
    for (let last: PendingDelivery | undefined; !stopping?.aborted;) {
      const page = await pendingDeliveries(autocommit(db), BATCH, only, last);
      await executeEach(page);
      last = page.at(-1);
      if (page.length < BATCH) return;
    }
  };

  const loop = startLoop({
    name: 'delivery of signals',
    logger,
    intervalMs: pollMs,
    async run({ stopping }) {
      await executePending({ stopping });
      await purgeSignals(autocommit(db), clock.now().toISOString());
    },
  });

  return {
    wake: loop.wake,
    // Not ended early by `stop`: the sender of the signal waits for it.
    deliver: (signal) => executePending({ only: signal }),
    stop: loop.stop,
  };
}
