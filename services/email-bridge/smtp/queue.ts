import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { startLoop } from '@missions/runtime/loop.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { type Context, executeCommand } from '../commands/execute-command.ts';
import { waitingAddresses } from '../domain/state.ts';
import { claimMessages, type ClaimedMessage } from '../store/claim-messages.ts';
import type { SendResult, Transport } from './transport.ts';

export interface SendingOptions {
  readonly transport: Transport;
  readonly faults?: SendingFaults;
  /** The number of messages that are sent at once. */
  readonly concurrency?: number;
  /** Finds the messages that other copies of the service have queued, and those that are due for another attempt. */
  readonly pollMs?: number;
}

export interface SendingFaults {
  /**
   * Called when the server has the message and the result is not recorded yet. An error thrown here stands for a crash.
   */
  afterSend?(messageId: string): Promise<void> | void;
}

export interface Sending {
  /** To be called after the commit that queued a message. */
  wake(): void;
  /** Stops claiming; waits up to `FINISH_WITHIN_MS` for sends in flight, then aborts them. */
  stop(): Promise<void>;
}

/** A service has 10 s to stop. */
const FINISH_WITHIN_MS = 6_000;

/** An attempt ends well before its lease does. */
const ATTEMPT_TIMEOUT_MS = 90_000;
const LEASE_SECONDS = 120;

/** How often the result of an attempt is written, a second apart, before the attempt counts as lost. */
const RECORD_ATTEMPTS = 10;

const results = counter(
  'missions_email_deliveries_total',
  "Recipients for whom a message was offered to the mail server, by the server's response",
  ['outcome'],
);

/**
 * Sends the messages that are queued in the table `message`. This loop looks for due messages after each commit that
 * queued one, when an attempt ends, and every `pollMs`:
 *
 *     due ──claim: lease of 120 s──▶ send, no transaction open, at most 90 s ──▶ record: MarkSent
 *      ▲                                        │                                 │
 *      ├──── lease over: the process died ──────┘                                 │
 *      └──── `retry_at`: a recipient was deferred ────────────────────────────────┘
 *
 * Other copies of the service skip a leased message. So each message is sent at least once. It is sent twice only if
 * the process died, or lost the database, between the server's response and the record of it; both have the same
 * Message-ID.
 */
export function startSending(
  context: Context,
  { transport, faults = {}, concurrency = 5, pollMs = 1_000 }: SendingOptions,
): Sending {
  const { db, clock, logger } = context;
  const inFlight = new Set<Promise<void>>();
  const aborting = new AbortController();

  const start = (claimed: ClaimedMessage): void => {
    const attempt = send(context, transport, claimed, faults, aborting.signal)
      .catch((error: unknown) => {
        const fields = { err: error, email: claimed.email.id, message: claimed.message.id };
        logger.error(fields, 'the result of sending a message was not recorded; it is sent again when its lease ends');
      })
      .finally(() => {
        inFlight.delete(attempt);
        loop.wake();
      });
    inFlight.add(attempt);
  };

  const loop = startLoop({
    name: 'claiming of queued messages',
    logger,
    intervalMs: pollMs,
    async run() {
      const free = concurrency - inFlight.size;
      if (free === 0) return undefined;
      const claimed = await claimMessages(autocommit(db), dueBy(clock), free, LEASE_SECONDS);
      claimed.forEach(start);
      return claimed.length === free ? 0 : undefined;
    },
  });

  return {
    wake: () => loop.wake(),
    async stop() {
      const timeout = setTimeout(() => aborting.abort(new Error('the service stops')), FINISH_WITHIN_MS);
      await loop.stop();
      await Promise.all(inFlight);
      clearTimeout(timeout);
    },
  };
}

/** Sends a message to the recipients that have not got it yet, and records the result. */
async function send(
  context: Context,
  transport: Transport,
  claimed: ClaimedMessage,
  faults: SendingFaults,
  aborted: AbortSignal,
): Promise<void> {
  const { email, message, attempts } = claimed;
  const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT_TIMEOUT_MS), aborted]);
  const result = await deliver(transport, claimed, waitingAddresses(message), signal);
  await faults.afterSend?.(message.message_id);
  for (const [outcome, recipients] of Object.entries(result)) results.inc({ outcome }, recipients.length);
  const [accepted, refused, deferred] = [result.accepted.length, result.refused.length, result.deferred.length];
  const fields = { email: email.id, message: message.number, attempt: attempts, accepted, refused, deferred };
  context.logger[refused + deferred > 0 ? 'warn' : 'info'](fields, 'offered a message to the mail server');
  await record(context, claimed, result);
}

/** An attempt that failed as a whole says nothing about its recipients: all are deferred. */
async function deliver(
  transport: Transport,
  claimed: ClaimedMessage,
  recipients: readonly string[],
  signal: AbortSignal,
): Promise<SendResult> {
  try {
    return await transport.deliver(claimed, recipients, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { accepted: [], refused: [], deferred: recipients.map((address) => ({ address, reason })) };
  }
}

/** A result that is not recorded causes a second sending, so a database that is away for some seconds is waited for. */
async function record(
  context: Context,
  { email, message, attempts }: ClaimedMessage,
  result: SendResult,
): Promise<void> {
  const { customer_id, id } = email;
  const delay = retryDelay(attempts);
  const command = (at: string) => ({
    type: 'MarkSent' as const,
    message: message.id,
    ...result,
    retry_at: new Date(Date.parse(at) + delay).toISOString(),
    at,
  });
  for (let attempt = 1; ; attempt++) {
    try {
      await transaction(context.db, (tx) => executeCommand(tx, context, { customer_id, id, command }));
      return;
    } catch (error) {
      if (attempt >= RECORD_ATTEMPTS) throw error;
      await context.clock.sleep(1_000);
    }
  }
}

/**
 * The wait in ms after so many attempts: 5 s, 15 s, 45 s … 15 min, each up to a quarter shorter or longer, so that
 * messages that failed together are not all sent again at once. `backoff` only shortens, so it is given a quarter more.
 */
export const retryDelay = (attempts: number, random?: () => number): number =>
  Math.round(
    backoff(attempts, {
      firstMs: 1.25 * 5_000,
      maxMs: 1.25 * 15 * 60_000,
      factor: 3,
      jitter: 0.4,
      ...(random && { random }),
    }),
  );
