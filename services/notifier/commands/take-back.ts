import { withdrawNotice } from '@missions/contracts/email/notices.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { isStillTrue } from '../domain/compose.ts';
import { endWithdrawn, lockToWithdraw, lookAtNotices, type SaidNotice, withdrawLater } from '../store/notices.ts';
import type { UserKey } from '../store/people.ts';
import { isKnown, readSubjects } from '../store/subjects.ts';
import { callerFor } from './mail-user.ts';
import type { Context } from './context.ts';

/** After so long a withdrawal is tried again whose process has died, or which the bridge has not answered. */
const LEASE_MS = 60_000;

/** These were settled: what was said of them, and may not have left yet, is looked at once more. */
export async function takeBack(tx: Tx, context: Context, user: UserKey, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  await lookAtNotices(tx, user, subjects, context.clock.now());
  tx.afterCommit(context.queued);
}

/**
 * Withdraws from the bridge what says nothing that still holds. A notice of which something holds is left alone: what it
 * says of the rest is true. @returns how many were looked at
 */
export async function withdrawSettled(context: Context, limit: number): Promise<number> {
  const { db, clock } = context;
  const { found, settled } = await transaction(db, async (tx) => {
    const now = clock.now();
    const notices = await lockToWithdraw(tx, now, limit);
    const settled: SaidNotice[] = [];
    for (const notice of notices) {
      const holds = await stillHolds(tx, notice, now.getTime());
      await withdrawLater(tx, notice, holds ? null : new Date(now.getTime() + LEASE_MS));
      if (!holds) settled.push(notice);
    }
    return { found: notices.length, settled };
  });
  await Promise.all(settled.map((notice) => withdraw(context, notice)));
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

/** What has left stays said. What was not yet handed over when it was settled is known to the bridge by its id alone. */
async function withdraw({ bus, db, logger }: Context, notice: SaidNotice): Promise<void> {
  try {
    const reply = await bus.request(withdrawNotice, { caller: callerFor(notice), input: { id: notice.id } });
    const { status } = reply.json<{ status: string }>();
    await endWithdrawn(autocommit(db), notice, status === 'withdrawn');
  } catch (error) {
    logger.warn({ err: error, notice: notice.id }, 'a notice was not withdrawn; it is tried again');
  }
}
