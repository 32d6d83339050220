import { Problem } from '@missions/contracts/errors.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { MissionChange } from '../domain/decision.ts';
import type { Mission } from '../domain/state.ts';
import { countPendingQuestions, lockQuestionsOf, shareQuestionsOf } from '../store/pending-questions.ts';

export const MAX_PENDING_OF_USER = 500;
/** Up to here nobody can be near the last place, because fewer transactions run at once than are left. */
const FEW = MAX_PENDING_OF_USER / 2;

/**
 * Refuses a question to a user who has too many to answer already. When the user has many, the askers come one after
 * another, so that no two of them take the last place.
 * @throws {Problem} RATE_LIMITED
 */
export async function limitQuestions(
  tx: Tx,
  user: Pick<Mission, 'customer_id' | 'user_id'>,
  changes: readonly MissionChange[],
): Promise<void> {
  if (!changes.some(({ kind }) => kind === 'input_requested')) return;
  if (await shareQuestionsOf(tx, user, FEW)) return;
  await lockQuestionsOf(tx, user);
  if ((await countPendingQuestions(tx, user, MAX_PENDING_OF_USER)) < MAX_PENDING_OF_USER) return;
  throw new Problem(
    'RATE_LIMITED',
    `The user ${user.user_id} has ${MAX_PENDING_OF_USER} questions to answer, which is the most. Ask again when some are answered.`,
    { retry_after: 3600, limit: MAX_PENDING_OF_USER },
  );
}
