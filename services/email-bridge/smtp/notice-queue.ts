import { autocommit } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { startLoop } from '@missions/runtime/loop.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { Context } from '../commands/execute-command.ts';
import {
  beginLeaving,
  claimNotices,
  type ClaimedNotice,
  endNotice,
  holdNotice,
  postponeNotice,
} from '../store/notices.ts';
import { messageIdOf } from './compose-notice.ts';
import { retryDelay, type Sending } from './queue.ts';
import type { CopyResult, NoticeTransport } from './transport.ts';

const LEASE_SECONDS = 120;
const ATTEMPT_MS = 90_000;
const AT_ONCE = 5;
/** About a day. A notice that is a day late tells nobody anything. */
const MAX_ATTEMPTS = 100;
/** Quiet hours count as no attempts. So long its quiet hours are known. */
const MAX_AGE_MS = 48 * 3_600_000;

const results = counter('missions_email_notices_total', "Mail of the product to its users, by the server's response", [
  'outcome',
]);

class Withdrawn extends Error {}
class Quiet extends Error {
  readonly until: Date;
  constructor(until: Date) {
    super(`quiet hours of its reader last until ${until.toISOString()}`);
    this.until = until;
  }
}

/** Sends the notices that are queued, as `queue.ts` sends messages: under a lease, with no transaction open. */
export function startNoticeSending(context: Context, transport: NoticeTransport, pollMs = 1_000): Sending {
  const { db, clock, logger } = context;
  const aborting = new AbortController();
  const loop = startLoop({
    name: 'sending of notices',
    logger,
    intervalMs: pollMs,
    async run() {
      const claimed = await claimNotices(autocommit(db), dueBy(clock), AT_ONCE, LEASE_SECONDS);
      await Promise.all(claimed.map((notice) => sendOne(context, transport, notice, aborting.signal)));
      return claimed.length === AT_ONCE ? 0 : undefined;
    },
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      const timeout = setTimeout(() => aborting.abort(new Error('the service stops')), 6_000);
      await loop.stop();
      clearTimeout(timeout);
    },
  };
}

/** Whoever reads the log must know whether the same mail may come twice. */
class NotBooked extends Error {}

async function sendOne(
  context: Context,
  transport: NoticeTransport,
  notice: ClaimedNotice,
  aborted: AbortSignal,
): Promise<void> {
  try {
    await send(context, transport, notice, aborted);
  } catch (error) {
    const fields = { err: error, notice: notice.id, attempt: notice.attempts };
    if (!(error instanceof NotBooked))
      return context.logger.warn(fields, 'a notice was not sent; it is tried again when its lease ends');
    context.logger.error(
      { ...fields, message_id: messageIdOf(notice, context) },
      'the mail server has taken a notice, which could not be booked: the same mail leaves again when its lease ends, with the same Message-ID',
    );
  }
}

async function send(
  context: Context,
  transport: NoticeTransport,
  notice: ClaimedNotice,
  aborted: AbortSignal,
): Promise<void> {
  const { db, clock, logger } = context;
  const tx = autocommit(db);
  const keepQuiet = (): void => {
    const until = quietUntil(notice, clock.now());
    if (until) throw new Quiet(until);
  };
  const mayLeave = async (): Promise<void> => {
    keepQuiet();
    if (!(await beginLeaving(autocommit(db), notice, dueBy(clock), LEASE_SECONDS))) throw new Withdrawn();
  };
  let result: CopyResult;
  try {
    keepQuiet();
    const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), aborted]);
    result = await transport.deliverNotice(notice, context, signal, mayLeave);
  } catch (error) {
    if (error instanceof Withdrawn) return;
    if (error instanceof Quiet) return void (await holdNotice(tx, notice, error.until));
    result = { outcome: 'deferred', reason: error instanceof Error ? error.message : String(error) };
  }
  results.inc({ outcome: result.outcome });
  const { outcome, reason } = result;
  if (outcome === 'accepted') {
    try {
      await endNotice(tx, notice, 'sent', '', dueBy(clock));
    } catch (cause) {
      throw new NotBooked('the notice could not be marked as sent', { cause });
    }
    return;
  }
  logger.warn({ notice: notice.id, attempt: notice.attempts, outcome, reason }, 'a notice was not taken');
  const isOld = clock.now().getTime() - Date.parse(notice.created_at) > MAX_AGE_MS;
  if (outcome === 'refused' || notice.attempts >= MAX_ATTEMPTS || isOld)
    return void (await endNotice(tx, notice, 'failed', reason, dueBy(clock)));
  await postponeNotice(tx, notice, reason, retryDelay(notice.attempts) / 1_000, dueBy(clock));
}

/** Its quiet hours were over when it came; they may have begun while no server took it, or after its sender had died. */
function quietUntil({ quiet }: ClaimedNotice, now: Date): Date | undefined {
  const it = quiet?.find(({ from, until }) => new Date(from) <= now && now < new Date(until));
  return it && new Date(it.until);
}
