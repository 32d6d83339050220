import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { startLoop } from '@missions/runtime/loop.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { type Context, executeCommand } from '../commands/execute-command.ts';
import type { MarkSent, OfferedCopy } from '../domain/outcomes.ts';
import { waitingAddresses } from '../domain/state.ts';
import { claimMessages, type ClaimedMessage, holdMessage, noteOfferedCopy } from '../store/claim-messages.ts';
import { type AskPermission, Withheld } from './mission-permission.ts';
import type { CopyResult, Transport } from './transport.ts';

export interface SendingOptions {
  readonly transport: Transport;
  readonly faults?: SendingFaults;
  /** Asked before each attempt, and once more when the mail server is ready for the text. By default all may leave. */
  readonly askPermission?: AskPermission;
  /** The number of messages that are sent at once. */
  readonly concurrency?: number;
  /** Finds the messages that other copies of the service have queued, and those that are due for another attempt. */
  readonly pollMs?: number;
}

export interface SendingFaults {
  /**
   * Called when the server has a recipient's copy and the result is not recorded yet. An error thrown here stands for a
   * crash.
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

/** A copy ends well before the lease does, which each copy prolongs. */
const COPY_TIMEOUT_MS = 90_000;
const LEASE_SECONDS = 120;

/** A message that waits for its mission is looked at again so much later. */
const HOLD_SECONDS = 15;

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
 *                                           ┌─ next recipient ─┐
 *                                           ▼                  │
 *     due ──claim: lease of 120 s──▶ send one copy ──▶ note it, prolong the lease ──last one──▶ record: MarkSent
 *      ▲                                    │                                                       │
 *      ├──── lease over: the process died ──┤                                                       │
 *      ├──── held for 15 s: mission paused ─┘                                                       │
 *      └──── `retry_at`: a recipient was deferred ──────────────────────────────────────────────────┘
 *
 * No transaction is open while a copy is sent, which takes at most 90 s. Other copies of the service skip a leased
 * message. So each recipient gets the message at least once, and twice only if the process died, or lost the database,
 * between the server's response to that recipient's copy and the note of it; both have the same Message-ID.
 */
export function startSending(
  context: Context,
  {
    transport,
    faults = {},
    askPermission = async () => ({ kind: 'send' }),
    concurrency = 5,
    pollMs = 1_000,
  }: SendingOptions,
): Sending {
  const { db, clock, logger } = context;
  const inFlight = new Set<Promise<void>>();
  const aborting = new AbortController();

  const start = (claimed: ClaimedMessage): void => {
    const attempt = send(context, claimed, { transport, faults, askPermission }, aborting.signal)
      .catch((error: unknown) => {
        const { email, message } = claimed;
        logger.error(
          { err: error, email: email.id, message: message.id, message_id: message.message_id },
          'the result of sending a message was not recorded: what the mail server has taken may leave again when its lease ends, with the same Message-ID',
        );
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

type Leaving = Required<Pick<SendingOptions, 'transport' | 'faults' | 'askPermission'>>;

/** Sends each recipient that has not got the message yet a copy, and records the results. */
async function send(context: Context, claimed: ClaimedMessage, sending: Leaving, aborted: AbortSignal): Promise<void> {
  const { email, message, attempts } = claimed;
  const { copies, withheld } = await offerCopies(context, claimed, sending, aborted);
  if (copies.length > 0) {
    for (const { outcome } of copies) results.inc({ outcome });
    const of = (outcome: OfferedCopy['outcome']) => copies.filter((copy) => copy.outcome === outcome);
    const [refused, deferred] = [of('refused'), of('deferred')];
    const accepted = of('accepted').map(({ address }) => address);
    const counts = { accepted: accepted.length, refused: refused.length, deferred: deferred.length };
    const fields = { email: email.id, message: message.number, attempt: attempts, ...counts };
    const level = refused.length + deferred.length > 0 ? 'warn' : 'info';
    context.logger[level](fields, 'offered a message to the mail server');
    await record(context, claimed, { accepted, refused, deferred });
    if (deferred.length > 0 && !withheld) return await withdrawIfEnded(context, claimed, sending.askPermission);
  }
  if (withheld) await withhold(context, claimed, copies.length > 0, withheld);
}

/**
 * Each copy but the last is noted before the next one is sent, so that a crash in between repeats none of them; a
 * message that was cancelled meanwhile goes to nobody else.
 * @returns also the copies that an attempt before has noted; and why the others must not leave, if so
 */
async function offerCopies(
  { db, clock, logger }: Context,
  claimed: ClaimedMessage,
  { transport, faults, askPermission }: Leaving,
  aborted: AbortSignal,
): Promise<{ copies: OfferedCopy[]; withheld?: Withheld }> {
  const { email, message, offered } = claimed;
  const mayLeave = async (): Promise<void> => {
    const permission = await askPermission(email);
    if (permission.kind !== 'send') throw new Withheld(permission);
  };
  const copies = [...offered];
  const left = waitingAddresses(message).filter((address) => !offered.some((copy) => copy.address === address));
  for (const [index, address] of left.entries()) {
    if (aborted.aborted) break;
    const signal = AbortSignal.any([AbortSignal.timeout(COPY_TIMEOUT_MS), aborted]);
    const result = await deliver(transport, claimed, address, signal, mayLeave);
    if (result instanceof Withheld) return { copies, withheld: result };
    const { unreachable, ...response } = result;
    const copy: OfferedCopy = { address, ...response };
    copies.push(copy);
    await faults.afterSend?.(message.message_id);
    const others = left.slice(index + 1);
    if (unreachable) {
      copies.push(...others.map((other): OfferedCopy => ({ ...copy, address: other })));
      break;
    }
    if (others.length === 0) break;
    try {
      if (!(await noteOfferedCopy(autocommit(db), claimed, copy, dueBy(clock), LEASE_SECONDS))) break;
    } catch (err) {
      // What cannot be noted now is recorded with the result; the others wait for the next attempt.
      logger.warn({ err, email: email.id, message: message.id }, 'a copy that was sent could not be noted');
      break;
    }
  }
  return { copies };
}

async function deliver(
  transport: Transport,
  claimed: ClaimedMessage,
  recipient: string,
  signal: AbortSignal,
  mayLeave: () => Promise<void>,
): Promise<CopyResult | Withheld> {
  try {
    // Before a connection is made for nothing; the transport asks again.
    await mayLeave();
    return await transport.deliver(claimed, recipient, signal, mayLeave);
  } catch (error) {
    if (error instanceof Withheld) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: 'deferred', reason, unreachable: true };
  }
}

/**
 * The recipients who have not got their copies wait, or get none. What was sent before is recorded by then, and its
 * record has ended the lease.
 */
async function withhold(
  context: Context,
  { email, message }: ClaimedMessage,
  wasAttempted: boolean,
  { permission }: Withheld,
): Promise<void> {
  const { customer_id, id } = email;
  const { kind, reason } = permission;
  context.logger.info({ email: id, message: message.number, outcome: kind, reason }, 'a message was withheld');
  if (kind === 'wait')
    return await holdMessage(
      autocommit(context.db),
      email,
      message,
      { wasAttempted, seconds: HOLD_SECONDS },
      dueBy(context.clock),
    );
  const command = (at: string) => ({ type: 'Withdraw' as const, reason, at });
  await transaction(context.db, (tx) => executeCommand(tx, context, { customer_id, id, command }));
}

/** The mission may have ended while the server made up its mind, and the next attempt is some time away. */
async function withdrawIfEnded(context: Context, claimed: ClaimedMessage, ask: AskPermission): Promise<void> {
  const permission = await ask(claimed.email);
  if (permission.kind === 'never') await withhold(context, claimed, true, new Withheld(permission));
}

/** A result that is not recorded causes a second sending, so a database that is away for some seconds is waited for. */
async function record(
  context: Context,
  { email, message, attempts }: ClaimedMessage,
  result: Pick<MarkSent, 'accepted' | 'refused' | 'deferred'>,
): Promise<void> {
  const { customer_id, id } = email;
  const delay = retryDelay(attempts);
  const command = (at: string) => ({
    type: 'MarkSent' as const,
    message: message.id,
    ...result,
    retry_at: new Date(Date.parse(at) + delay).toISOString(),
    attempts,
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
