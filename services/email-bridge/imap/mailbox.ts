import { WakeableTimer } from '@missions/runtime/wakeable-timer.ts';
import type { Context } from '../commands/context.ts';
import { connectMailbox, keyOf, type MailboxAddress, type Patience } from './connection.ts';
import { MailboxPass, type PassOptions } from './mailbox-reader.ts';
import { type MailboxLock, acquireMailboxLock } from './leader-lock.ts';

export interface MailboxOptions
  extends MailboxAddress, Partial<Patience>, Partial<Omit<PassOptions, 'context' | 'mailbox'>> {
  readonly context: Context;
  /** How often it is looked whatever the server says, and how often a copy that stands by tries to take over. */
  readonly sweepMs?: number;
  /** First pause after a failure; it doubles up to 64 times that. */
  readonly pauseMs?: number;
}

export interface Mailbox {
  /** following: connected. standing by: another copy follows. away: the server or the database is out of reach. */
  state(): 'starting' | 'following' | 'standing by' | 'away';
  /** @throws Error when the mailbox has been out of reach for a minute; for readiness. */
  check(): void;
  stop(): Promise<void>;
}

/** Below the 29 minutes of RFC 2177 by far: what stands between forgets idle connections after five. */
const MAX_IDLE_MS = 4 * 60_000;
const UNWELL_AFTER_MS = 60_000;
const MAX_DOUBLINGS = 6;

/**
 * Follows a mailbox over IMAP (RFC 3501): by IDLE, where the server says that something came, and by looking regularly, because servers forget to.
 * One copy of the service follows, the others stand by. Starts at once; what fails is tried again for ever, ever less often.
 */
export function startMailbox({
  context,
  url,
  accessToken,
  maxIdleMs = MAX_IDLE_MS,
  socketMs = 30_000,
  sweepMs = 60_000,
  pauseMs = 1_000,
  maxBytes = 25 * 1024 * 1024,
  tries = 5,
  lookBackDays = 14,
}: MailboxOptions): Mailbox {
  const mailbox = keyOf(url);
  const logger = context.logger.child({ mailbox });
  /** Something came, or the connection went. */
  const news = new WakeableTimer();
  const leaving = new WakeableTimer();
  const ended = new AbortController();
  const pass = new MailboxPass({ context, mailbox, maxBytes, tries, lookBackDays });
  let stopped = false;
  let state: ReturnType<Mailbox['state']> = 'starting';
  let unwellSince: number | undefined;
  let lastFault = '';
  let failures = 0;

  async function follow(): Promise<void> {
    while (!stopped) {
      try {
        const place = await acquireMailboxLock(context.db, mailbox, () => news.wake());
        if (!place) {
          state = 'standing by';
          well();
          await leaving.sleep(sweepMs);
          continue;
        }
        try {
          await session(place);
        } finally {
          await place.leave();
        }
      } catch (error) {
        failed(error);
      }
      if (!stopped) await rest();
    }
  }

  /** Until the connection or the place is lost. */
  async function session(place: MailboxLock): Promise<void> {
    const client = await connectMailbox(
      { url, accessToken },
      { maxIdleMs, socketMs },
      { stirred: () => news.wake(), ended: ended.signal },
    );
    const goOn = (): boolean => !stopped && place.held && client.usable;
    try {
      state = 'following';
      logger.info('the mailbox is followed');
      while (goOn()) {
        news.clear();
        await pass.run(client, goOn);
        well();
        if (!goOn()) break;
        // Broken by the next command. It fails when the connection does, which the alarm tells.
        client.idle().catch(() => news.wake());
        await news.sleep(sweepMs);
      }
      if (!stopped)
        throw new Error(
          place.held ? 'the connection to the mail server was lost' : 'the connection that holds the place was lost',
        );
    } finally {
      // Not asked to log out: a server that hangs would keep us.
      client.close();
    }
  }

  function well(): void {
    failures = 0;
    unwellSince = undefined;
  }

  function failed(error: unknown): void {
    if (stopped) return;
    state = 'away';
    failures += 1;
    unwellSince ??= performance.now();
    lastFault = error instanceof Error ? error.message : String(error);
    logger.warn({ err: error, failures }, 'the mailbox cannot be followed now');
  }

  /** Longer each time, and never the same: copies that lost a server together do not come back together. */
  async function rest(): Promise<void> {
    const longest = pauseMs * 2 ** Math.min(Math.max(failures - 1, 0), MAX_DOUBLINGS);
    await leaving.sleep(longest * (0.5 + Math.random() / 2));
  }

  const following = follow();
  return {
    state: () => state,
    check() {
      if (unwellSince !== undefined && performance.now() - unwellSince > UNWELL_AFTER_MS)
        throw new Error(`the mailbox ${mailbox} is out of reach: ${lastFault}`);
    },
    async stop() {
      stopped = true;
      leaving.wake();
      news.wake();
      // A message that is being stored is stored to its end: that needs no mail server.
      ended.abort();
      await following;
    },
  };
}
