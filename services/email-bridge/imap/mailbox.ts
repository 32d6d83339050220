import { LeaderLease } from '@missions/persistence/leader-lease.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import { WakeableTimer } from '@missions/runtime/wakeable-timer.ts';
import type { Context } from '../commands/execute-command.ts';
import { connectMailbox, type ImapTimeouts, type MailboxAddress, mailboxKey } from './connection.ts';
import { MailboxReader, type ReaderOptions } from './mailbox-reader.ts';

/**
 * Follows a mailbox over IMAP (RFC 3501). One replica of the service follows it, the holder of the leader lease; the
 * others stand by.
 *
 *   starting, standing by, away ──▶ following    the lease is taken and the folder is open
 *   starting, standing by, away ──▶ standing by  another replica holds the lease; tries again every `sweepMs`, but at least every 5 s
 *   any                         ──▶ away         the server, the database or a message fails; the lease is released,
 *                                                and taken again after a pause that grows with each failure
 *   any                         ──▶ (stop)       the connection is closed, then the lease is released
 *
 * The follower reads what is new, then waits in IDLE (RFC 2177) until the server announces a message. It also reads
 * every `sweepMs`, because some servers announce nothing.
 */

export interface MailboxOptions
  extends MailboxAddress, Partial<ImapTimeouts>, Partial<Omit<ReaderOptions, 'context' | 'mailbox'>> {
  readonly context: Context;
  /** How often the mailbox is read without an announcement. */
  readonly sweepMs?: number;
  /** The longest pause after the first failure; it doubles with each further one, up to 64 times this. */
  readonly retryMs?: number;
}

export interface Mailbox {
  /** `away`: the mail server or the database cannot be reached. */
  state(): 'starting' | 'following' | 'standing by' | 'away';
  /** For readiness. @throws Error if the mailbox has been away for a minute. */
  check(): void;
  /** Closes the connection; resolves when the message that is being stored is committed. */
  stop(): Promise<void>;
}

/** Far below the 29 minutes of RFC 2177: NAT gateways drop connections that are idle for five. */
const MAX_IDLE_MS = 4 * 60_000;
/** A frozen follower is replaced after its lease of 10 s and this. */
const STANDBY_MS = 5_000;
const UNREADY_AFTER_MS = 60_000;
const MAX_RETRY_FACTOR = 64;

/** Starts to follow at once; faults are retried and never thrown. */
export function startMailbox({
  context,
  url,
  accessToken,
  maxIdleMs = MAX_IDLE_MS,
  socketTimeoutMs = 30_000,
  sweepMs = 60_000,
  retryMs = 1_000,
  maxBytes = 25 * 1024 * 1024,
  maxAttempts = 5,
  lookBackDays = 14,
}: MailboxOptions): Mailbox {
  const mailbox = mailboxKey(url);
  const logger = context.logger.child({ mailbox });
  const reader = new MailboxReader({ context, mailbox, maxBytes, maxAttempts, lookBackDays });
  /** Woken by an announcement of the server, and by the loss of the connection or of the lease. */
  const changes = new WakeableTimer();
  /** The pauses without a connection; woken by `stop()` alone. */
  const pause = new WakeableTimer();
  const closing = new AbortController();
  let stopped = false;
  let state: ReturnType<Mailbox['state']> = 'starting';
  let awaySince: number | undefined;
  let lastError = '';
  let failures = 0;

  async function run(): Promise<void> {
    while (!stopped) {
      try {
        const lease = await LeaderLease.acquire(context.db, {
          key: `mailbox ${mailbox}`,
          role: 'mailbox',
          onLost: () => changes.wake(),
        });
        if (!lease) {
          state = 'standing by';
          recovered();
          await pause.sleep(Math.min(sweepMs, STANDBY_MS));
          continue;
        }
        try {
          await follow(lease);
        } finally {
          await lease.close();
        }
      } catch (error) {
        failed(error);
      }
      // The jitter keeps replicas that lost a server together from reconnecting together.
      if (!stopped)
        await pause.sleep(backoff(failures, { firstMs: retryMs, maxMs: MAX_RETRY_FACTOR * retryMs, jitter: 0.5 }));
    }
  }

  /** Follows the mailbox until `stop()`. @throws Error if the connection or the lease is lost. */
  async function follow(lease: LeaderLease): Promise<void> {
    const client = await connectMailbox(
      { url, accessToken },
      { maxIdleMs, socketTimeoutMs },
      { onChange: () => changes.wake(), signal: closing.signal },
    );
    const shouldContinue = (): boolean => !stopped && lease.held && client.usable;
    try {
      state = 'following';
      logger.info('following the mailbox');
      while (shouldContinue()) {
        changes.clear();
        await reader.readNew(client, shouldContinue);
        recovered();
        if (!shouldContinue()) break;
        // The next command ends IDLE. It rejects when the connection fails, which `changes` reports as well.
        client.idle().catch(() => changes.wake());
        await changes.sleep(sweepMs);
      }
      if (!stopped)
        throw new Error(
          lease.held
            ? 'the connection to the mail server was lost'
            : 'the lease of the mailbox or its database connection was lost',
        );
    } finally {
      // Closed without LOGOUT, whose answer a server that hangs would never send.
      client.close();
    }
  }

  function recovered(): void {
    failures = 0;
    awaySince = undefined;
  }

  function failed(error: unknown): void {
    if (stopped) return;
    state = 'away';
    failures += 1;
    awaySince ??= performance.now();
    lastError = error instanceof Error ? error.message : String(error);
    logger.warn({ err: error, failures }, 'the mailbox cannot be followed now; retrying');
  }

  const running = run();
  return {
    state: () => state,
    check() {
      if (awaySince !== undefined && performance.now() - awaySince > UNREADY_AFTER_MS)
        throw new Error(`the mailbox ${mailbox} has been out of reach for over a minute: ${lastError}`);
    },
    async stop() {
      stopped = true;
      pause.wake();
      changes.wake();
      // A message that is being stored is still committed: that needs the database alone.
      closing.abort();
      await running;
    },
  };
}
