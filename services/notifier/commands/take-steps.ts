import { inboxNotification } from '@missions/contracts/mission/inbox.ts';
import { dayOf } from '@missions/contracts/zone.ts';
import { isClosed } from '@missions/persistence/holdings/closed-owners.ts';
import { transaction, type Tx } from '@missions/persistence/transaction.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { isShown } from '../domain/compose.ts';
import { nextDigest } from '../domain/digest.ts';
import { takeSteps } from '../domain/gather.ts';
import { GATHER_MS } from '../domain/ladder.ts';
import { isOfAnother } from '../domain/subject.ts';
import { queueNotices } from '../store/notices.ts';
import {
  lockDueDigest,
  lockFreePerson,
  markDigested,
  markTold,
  readPerson,
  type UserKey,
  wishesOf,
} from '../store/people.ts';
import { forgetDue, isKnown, type KnownSubject, lockDueSubjects, nextDueUser, saveLooked } from '../store/subjects.ts';
import type { Context } from './context.ts';
import { sayUnreachable } from './say-unreachable.ts';

/** Subjects of one user in one transaction. */
const BATCH = 500;

const taken = counter('missions_notifier_notices_total', 'Notices that were queued, by channel', ['channel']);

/**
 * Takes the steps of the user whose step has been due for longest, with all that is due of that user. The notices are
 * written in the same transaction as the steps: neither is lost, and none is taken twice, whatever dies.
 * @returns how many subjects were looked at.
 */
export const takeDueSteps = (context: Context): Promise<number> =>
  transaction(context.db, async (tx) => {
    const now = context.clock.now();
    const user = await nextDueUser(tx, now);
    if (!user) return await takeDueDigest(tx, context, now);
    // Between the closing and the erasure: a row of theirs would be refused, and everybody behind them would wait.
    if (await isClosed(tx, user)) return await forgetDue(tx, user);
    const person = await lockFreePerson(tx, user, now);
    if (!person) return 0;
    const due = await lockDueSubjects(tx, user, new Date(now.getTime() + GATHER_MS), BATCH);
    const known = due.filter(isKnown);
    const { told, looked, unreachable } = takeSteps(known, wishesOf(person), {
      toldAt: person.told_at,
      now: now.getTime(),
    });
    await saveLooked(tx, user.customer_id, looked);
    const lost = known.filter(({ id }) => unreachable.includes(id) && !isOfAnother(id));
    tellInbox(tx, context, user, known, now);
    if (lost.length > 0)
      await sayUnreachable(
        tx,
        context,
        lost.map((one) => ({ ...one, ...user })),
      );
    if (told.length > 0) {
      const notices = told.map((one) => ({ ...one, ...user, id: context.newId(), day: null }));
      await queueNotices(tx, notices, now);
      await markTold(tx, user, now);
      noteQueued(tx, context, notices);
    }
    return due.length;
  });

/** Nobody else tells the open pages of whom a question is escalated to. */
function tellInbox(tx: Tx, { notify }: Context, user: UserKey, known: readonly KnownSubject[], now: Date): void {
  const isNew = known.some(
    ({ facts, taken }) =>
      facts.kind === 'question' &&
      facts.shown_from !== undefined &&
      taken.length === 0 &&
      isShown(facts, now.getTime()),
  );
  if (isNew) tx.afterCommit(() => notify(user.customer_id, user.user_id, inboxNotification));
}

/** A digest is one notice of a user's day, and is written with the day. It is read, and may be empty, when it leaves. */
async function takeDueDigest(tx: Tx, context: Context, now: Date): Promise<number> {
  const user = await lockDueDigest(tx, now);
  if (!user) return 0;
  const person = await readPerson(tx, user);
  const zone = person.time_zone ?? 'UTC';
  const { digest_hour: hour } = person.preferences;
  const today = dayOf(now.getTime(), zone);
  const isNew = hour !== null && (person.digest_day === null || today > person.digest_day);
  const day = isNew ? today : person.digest_day;
  await markDigested(tx, user, day, hour === null ? null : nextDigest(now.getTime(), hour, zone, day));
  if (isNew && wishesOf(person).reachable.mail) {
    const notice = { ...user, id: context.newId(), channel: 'mail' as const, items: [], day: today };
    await queueNotices(tx, [notice], now);
    noteQueued(tx, context, [notice]);
  }
  return 1;
}

function noteQueued(tx: Tx, { queued }: Context, notices: readonly { readonly channel: string }[]): void {
  tx.afterCommit(() => {
    for (const { channel } of notices) taken.inc({ channel });
    queued();
  });
}
