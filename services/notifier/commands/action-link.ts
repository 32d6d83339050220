import { createHash, randomBytes } from 'node:crypto';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Known } from '../domain/compose.ts';
import { requestIdOf } from '../domain/subject.ts';
import { purgeActionLinks, storeActionLink } from '../store/action-links.ts';
import type { UserKey } from '../store/people.ts';
import type { Context } from './context.ts';

const LIFETIME_MS = 72 * 3_600_000;

export const hashOfActionToken = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** Whether the operator lets users of the customer decide from mail without signing in (`ACTION_LINKS_CUSTOMERS`). */
const isAllowed = (customers: string | undefined, customerId: string): boolean =>
  (customers ?? '').split(',').some((one) => one.trim() === customerId);

/** A token of 256 bits for the one question that a mail is about; null where there is none. */
export async function actionTokenFor(
  { db, clock, config }: Context,
  { customer_id, user_id }: UserKey,
  told: readonly Known[],
): Promise<string | null> {
  const [question] = told;
  if (told.length !== 1 || question?.facts.kind !== 'question' || question.facts.state !== 'open') return null;
  const { options, irreversible } = question.about;
  if (options.length === 0 || irreversible || !isAllowed(config.actionLinksCustomers, customer_id)) return null;
  const now = clock.now();
  const token = randomBytes(32).toString('base64url');
  const { id, mission_id, facts } = question;
  const link = { customer_id, user_id, mission_id, request_id: requestIdOf(id) };
  const tx = autocommit(db);
  await purgeActionLinks(tx, customer_id, now);
  const expires = new Date(Math.min(facts.expires_at, now.getTime() + LIFETIME_MS));
  await storeActionLink(tx, hashOfActionToken(token), link, expires);
  return token;
}
