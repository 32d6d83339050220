import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { readPending, savePending } from '../store/address-codes.ts';
import { changePerson, type UserKey } from '../store/people.ts';
import type { Context } from './context.ts';

export const CODE_MINUTES = 15;
const LIFETIME_MS = CODE_MINUTES * 60_000;
/** For one code, and codes a day: a guesser has 100 tries a day for one of 100 million codes. */
const TRIES = 5;
const CODES = 20;
const DAY_MS = 86_400_000;
const DIGITS = 8;

const hashOf = (code: string, address: string, { customer_id, user_id }: UserKey): string =>
  createHash('sha256')
    .update(JSON.stringify([code, address, customer_id, user_id]))
    .digest('hex');

export interface CodeMail {
  readonly to: string;
  readonly code: string;
}

/** Begins to confirm an address. Call it while the person is locked. @throws Problem RATE_LIMITED */
export async function beginConfirmation(tx: Tx, context: Context, user: UserKey, address: string): Promise<CodeMail> {
  const now = context.clock.now().getTime();
  const before = await readPending(tx, user);
  const isToday = before !== undefined && now - before.mailed_at < DAY_MS;
  const mailed = isToday ? before.mailed + 1 : 1;
  if (mailed > CODES)
    throw new Problem('RATE_LIMITED', `At most ${CODES} codes are mailed in a day: try again tomorrow.`, {
      retry_after: Math.ceil((before!.mailed_at + DAY_MS - now) / 1_000),
    });
  const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
  const mailed_at = isToday ? before.mailed_at : now;
  const hash = hashOf(code, address, user);
  await savePending(tx, user, { address, hash, tries: 0, mailed, mailed_at, expires_at: now + LIFETIME_MS });
  return { to: address, code };
}

/** Wrong tries are counted, so that this returns what is wrong instead of throwing it: a throw would undo the count. */
export async function confirm(tx: Tx, context: Context, user: UserKey, code: string): Promise<Problem | undefined> {
  const now = context.clock.now();
  const pending = await readPending(tx, user);
  const wrong = (message: string): Problem => invalid([{ path: '/code', message }]);
  if (!pending || pending.hash === '' || pending.expires_at <= now.getTime())
    return new Problem('NOT_FOUND', 'No code waits for you: PATCH /api/v1/me with your address mails one.');
  if (pending.tries >= TRIES) return wrong('was tried too often: PATCH /api/v1/me with the address mails a new one');
  const given = Buffer.from(hashOf(code, pending.address, user));
  if (!timingSafeEqual(given, Buffer.from(pending.hash))) {
    await savePending(tx, user, { ...pending, tries: pending.tries + 1 });
    return wrong(`is not the one that was mailed; ${TRIES - pending.tries - 1} more tries`);
  }
  await changePerson(tx, user, { email: pending.address }, now);
  // The row stays, and counts the codes of this day.
  await savePending(tx, user, { ...pending, hash: '', expires_at: now.getTime() });
  return undefined;
}
