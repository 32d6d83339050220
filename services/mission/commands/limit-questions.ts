import { Problem } from '@missions/contracts/errors.ts';
import { quotaExceeded } from '@missions/contracts/quotas.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { MissionChange } from '../domain/decision.ts';
import type { Mission } from '../domain/state.ts';
import {
  countPendingQuestions,
  countQuestionsOfCustomer,
  lockQuestionsOf,
  lockQuestionsOfCustomer,
  shareQuestionsOf,
} from '../store/pending-questions.ts';

export const MAX_PENDING_OF_USER = 500;
/** Up to here nobody can be near the last place, because fewer transactions run at once than are left. */
const FEW = MAX_PENDING_OF_USER / 2;

/**
 * Refuses a question to a user who has too many to answer already. When the user has many, the askers come one after
 * another, so that no two of them take the last place.
 * @throws {Problem} RATE_LIMITED, or QUOTA_EXCEEDED where the customer has a quota of questions.
 */
export async function limitQuestions(
  tx: Tx,
  user: Pick<Mission, 'customer_id' | 'user_id'>,
  changes: readonly MissionChange[],
): Promise<void> {
  const asked = changes.filter(({ kind }) => kind === 'input_requested').length;
  if (asked === 0) return;
  const { shared, quota } = await shareQuestionsOf(tx, user, FEW);
  if (!shared) await limitQuestionsOfUser(tx, user);
  if (quota === null) return;
  // A customer that keeps on asking at a full quota does not queue at the lock.
  await requireRoom(tx, user.customer_id, asked, quota);
  await lockQuestionsOfCustomer(tx, user.customer_id);
  await requireRoom(tx, user.customer_id, asked, quota);
}

async function requireRoom(tx: Tx, customerId: string, asked: number, limit: number): Promise<void> {
  const used = await countQuestionsOfCustomer(tx, customerId);
  if (used + asked > limit) throw quotaExceeded({ quota: 'questions', limit, used });
}

async function limitQuestionsOfUser(tx: Tx, user: Pick<Mission, 'customer_id' | 'user_id'>): Promise<void> {
  await lockQuestionsOf(tx, user);
  if ((await countPendingQuestions(tx, user, MAX_PENDING_OF_USER)) < MAX_PENDING_OF_USER) return;
  throw new Problem(
    'RATE_LIMITED',
    `The user ${user.user_id} has ${MAX_PENDING_OF_USER} questions to answer, which is the most. Ask again when some are answered.`,
    { retry_after: 3600, limit: MAX_PENDING_OF_USER },
  );
}
