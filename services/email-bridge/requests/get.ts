import { getEmail } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';
import { fitReplies } from '../domain/fit-replies.ts';
import { notFound } from '../domain/follow-up.ts';
import { replyOf, representationOf } from '../domain/representation.ts';
import type { Email } from '../domain/state.ts';
import { readEmail } from '../store/load-email.ts';
import { repliesOf } from '../store/replies.ts';
import type { Context } from '../commands/context.ts';

/** With the e-mail itself, well under the bus's 8 MB, however much came in. */
const MAX_REPLIES = 200;
const TEXT_BYTES = 3_000_000;

/** By id within the customer; of the user when the caller names one. */
export const getEndpoint = ({ db }: Context) =>
  endpoint(getEmail, async ({ caller, input }) => {
    const tx = autocommit(db);
    const email = await theirs(tx, caller, input.tracking_id);
    const replies = await repliesOf(tx, email.customer_id, [email.id], MAX_REPLIES);
    return { body: { ...representationOf(email), replies: fitReplies(replies.map(replyOf), TEXT_BYTES) } };
  });

/** @throws {Problem} `EMAIL_NOT_FOUND` also for another's. */
export async function theirs(tx: Tx, { customer_id, user_id }: Caller, id: string): Promise<Email> {
  const { email } = await readEmail(tx, customer_id, id, null);
  if (email === null || email.status === 'withdrawn' || (user_id !== null && email.user_id !== user_id))
    throw new Problem('EMAIL_NOT_FOUND', notFound);
  return email;
}
