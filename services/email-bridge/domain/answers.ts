import { MAX_RECIPIENTS } from '@missions/contracts/email/address.ts';
import { recipientBehind } from './recipients.ts';
import type { Email, StoredReply } from './state.ts';

/** Enough for the first reply of everybody; a mission keeps them all in the result of its task. */
const MAX_ANSWERS = MAX_RECIPIENTS;

/**
 * Which replies answer the e-mail: those of whom it waited for. Should they be too many, each person's first and the latest of the others.
 * @param replies of kind `reply`, the oldest first
 */
export function answersAmong(
  { recipients }: Pick<Email, 'recipients'>,
  replies: readonly Pick<StoredReply, 'id' | 'from_address'>[],
): string[] {
  const ids = replies
    .filter(({ from_address }) => recipientBehind(recipients, from_address)?.expected)
    .map(({ id }) => id);
  if (ids.length <= MAX_ANSWERS) return ids;
  const first = new Set(recipients.map(({ reply_id }) => reply_id));
  const others = ids.filter((id) => !first.has(id));
  const left = new Set(others.slice(0, ids.length - MAX_ANSWERS));
  return ids.filter((id) => !left.has(id));
}
