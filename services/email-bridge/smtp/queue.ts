import { WakeableTimer } from '@missions/runtime/wakeable-timer.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { Context } from '../commands/context.ts';
import { claimMessages, type DueMessage } from '../store/claim-messages.ts';
import { attempt, LEASE_SECONDS, type SendingFaults } from './attempt.ts';
import type { Transport } from './transport.ts';

export interface SendingOptions {
  readonly transport: Transport;
  readonly faults?: SendingFaults;
  /** Messages on their way at once. */
  readonly atOnce?: number;
  /** For what other copies have queued, and what is to be tried again. */
  readonly pollMs?: number;
}

export interface Sending {
  /** A message was queued and committed. */
  wake(): void;
  /** Takes nothing more, and waits for what is on its way, which is told to hurry. */
  stop(): Promise<void>;
}

/** At the end the server may be in the middle of taking a message: so long it may finish, and the process has ten seconds. */
const FINISH_WITHIN_MS = 6_000;

/**
 * The durable queue is the table; this only looks who is due, and when: after each commit that queued something, when a place becomes free, and each
 * second. What a copy takes, no other takes until its lease is over; a copy that dies leaves its messages to the others by that. So each message goes out
 * at least once, and twice only when its sender died, or lost the database, between the server's answer and the record of it: under the same Message-ID.
 */
export function startSending(
  context: Context,
  { transport, faults = {}, atOnce = 5, pollMs = 1_000 }: SendingOptions,
): Sending {
  const { db, clock, logger } = context;
  const alarm = new WakeableTimer();
  const onTheWay = new Set<Promise<void>>();
  const hurry = new AbortController();
  let stopping = false;

  const start = (due: DueMessage): void => {
    const going: Promise<void> = attempt(context, transport, due, faults, hurry.signal)
      // Nothing is lost: its lease runs out.
      .catch((error: unknown) =>
        logger.error({ err: error, email: due.email.id }, 'what came of a message was not recorded; it is sent again'),
      )
      .finally(() => {
        onTheWay.delete(going);
        alarm.wake();
      });
    onTheWay.add(going);
  };

  const loop = async (): Promise<void> => {
    while (!stopping) {
      alarm.clear();
      const free = atOnce - onTheWay.size;
      try {
        const due = free > 0 ? await claimMessages(autocommit(db), dueBy(clock), free, LEASE_SECONDS) : [];
        due.forEach(start);
        if (due.length === free && free > 0) continue;
      } catch (error) {
        logger.warn({ err: error }, 'cannot look for messages to send; it is tried again');
      }
      if (!stopping) await alarm.sleep(pollMs);
    }
  };
  const looping = loop();

  return {
    wake: () => alarm.wake(),
    async stop() {
      stopping = true;
      alarm.wake();
      const patience = setTimeout(() => hurry.abort(new Error('the service stops')), FINISH_WITHIN_MS);
      await looping;
      await Promise.all(onTheWay);
      clearTimeout(patience);
    },
  };
}
