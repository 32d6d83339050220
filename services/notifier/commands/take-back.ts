import { withdrawNotice, type WithdrawnNoticeState } from '@missions/contracts/email/notices.ts';
import type { NoticeChannel } from '@missions/contracts/notifier/preferences.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { isStillTrue } from '../domain/compose.ts';
import {
  endWithdrawn,
  lockToWithdraw,
  lookAtNotices,
  type SaidNotice,
  type WithdrawnNotice,
  withdrawLater,
} from '../store/notices.ts';
import { readerOf, readPerson, type UserKey } from '../store/people.ts';
import { isKnown, readSubjects } from '../store/subjects.ts';
import { callerFor } from './mail-user.ts';
import type { Context } from './context.ts';
import { pushUser } from './push-user.ts';

/** After so long a withdrawal is tried again whose process has died, or which the bridge has not answered. */
const LEASE_MS = 60_000;
/** So often a device is told that what it shows is settled; so long its push service keeps it for one that is off. */
const PUSH_ATTEMPTS = 10;
const PUSH_LIFETIME_MS = 7 * 86_400_000;

/** These were settled: what was said of them, and may not have left yet, is looked at once more. */
export async function takeBack(tx: Tx, context: Context, user: UserKey, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  await lookAtNotices(tx, user, subjects, context.clock.now());
  tx.afterCommit(context.queued);
}

/**
 * Withdraws from the bridge, or takes off the screens, what says nothing that still holds. A notice of which something
 * holds is left alone: what it says of the rest is true. @returns how many were looked at
 */
export async function withdrawSettled(
  context: Context,
  channel: NoticeChannel,
  limit: number,
  stopping: AbortSignal,
): Promise<number> {
  const { db, clock } = context;
  const { found, settled } = await transaction(db, async (tx) => {
    const now = clock.now();
    const notices = await lockToWithdraw(tx, channel, now, limit);
    const settled: WithdrawnNotice[] = [];
    for (const notice of notices) {
      const holds = await stillHolds(tx, notice, now.getTime());
      await withdrawLater(tx, notice, holds ? null : new Date(now.getTime() + LEASE_MS));
      if (!holds) settled.push(notice);
    }
    return { found: notices.length, settled };
  });
  await Promise.all(
    settled.map((notice) => (channel === 'push' ? replace(context, notice, stopping) : withdraw(context, notice))),
  );
  return found;
}

async function stillHolds(tx: Tx, { customer_id, items }: SaidNotice, now: number): Promise<boolean> {
  const ids = items.map(({ id }) => id);
  const subjects = await readSubjects(tx, customer_id, ids);
  return items.some((item) => {
    const subject = subjects.find(({ id }) => id === item.id);
    return subject !== undefined && isKnown(subject) && isStillTrue(subject, item, now);
  });
}

/** A mail server takes a mail within seconds, or puts it off. */
const LEAVING_MS = 2_000;

/**
 * What has left stays said, and of what is leaving at this moment the bridge is asked again. What was not yet handed over
 * when it was settled is known to the bridge by its id alone.
 */
async function withdraw({ bus, db, clock, logger }: Context, notice: SaidNotice): Promise<void> {
  try {
    const reply = await bus.request(withdrawNotice, { caller: callerFor(notice), input: { id: notice.id } });
    const { status, may_have_left } = reply.json<WithdrawnNoticeState>();
    if (status === 'leaving')
      return void (await withdrawLater(autocommit(db), notice, new Date(clock.now().getTime() + LEAVING_MS)));
    const why = may_have_left ? 'it may have left before its sender died' : 'all of it was settled before it left';
    await endWithdrawn(autocommit(db), notice, status === 'withdrawn' ? `it was withdrawn: ${why}` : null);
  } catch (error) {
    logger.warn({ err: error, notice: notice.id }, 'a notice was not withdrawn; it is tried again');
  }
}

/** What the devices show of it is replaced by what takes it away. A notice that none has needs nothing. */
async function replace(context: Context, notice: WithdrawnNotice, stopping: AbortSignal): Promise<void> {
  const { db, logger, config } = context;
  const { devices, tag, withdraw_attempts: before } = notice;
  try {
    if (devices !== null && tag !== null) {
      const reader = readerOf(await readPerson(autocommit(db), notice));
      const message = { kind: 'decided', tag, reader, href: new URL('/', config.publicUrl).href } as const;
      const isMeant = ({ id }: { readonly id: string }) => devices.includes(id);
      const { later } = await pushUser(context, notice, isMeant, message, { lifetimeMs: PUSH_LIFETIME_MS, stopping });
      if (later !== undefined && before < PUSH_ATTEMPTS) return;
    }
    await endWithdrawn(autocommit(db), notice, null);
  } catch (error) {
    logger.warn({ err: error, notice: notice.id }, 'a push message was not replaced; it is tried again');
  }
}
