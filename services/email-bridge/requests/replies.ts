import type { CheckedReplies, CheckReplies } from '@missions/contracts/email/email.ts';
import { checkReplies, ingestMessage } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { Context } from '../commands/execute-command.ts';
import { readMail, returnPath } from '../commands/read-mail.ts';
import { receiveMessage } from '../commands/receive-message.ts';
import { fitReplies, pendingEmailOf, replyOf, type TrackedReply, withinBudget } from '../domain/representation.ts';
import {
  existingIds,
  newestReplies,
  type Selection,
  takeNewReplies,
  unansweredEmails,
} from '../store/check-replies.ts';

export const replyEndpoints = (context: Context): Endpoint[] => [check(context), ingest(context)];

/** In rows, and in bytes of JSON. With the snippets, a response stays below 6 MB, and the bus carries 8. */
const MAX_REPLIES = 200;
const MAX_PENDING = 500;
const MAX_NEW_TEXTS = 2_000_000;
const MAX_TEXTS = 1_000_000;
const MAX_PENDING_BYTES = 1_000_000;

/** A reply is new to the first caller only; a call with the same `Idempotency-Key` gets the first call's result. */
const check = (context: Context) =>
  endpoint(checkReplies, async ({ caller, idempotency, input }) => {
    const selection = selectionOf(context, caller, input);
    return await executeOnce(context.db, idempotency, async (tx) => ({
      body: JSON.stringify(await checkSelection(tx, context, selection)),
    }));
  });

const DEFAULT_AGE_HOURS = 168;
const HOUR = 3_600_000;

function selectionOf(
  { clock }: Context,
  { customer_id, user_id }: Caller,
  { tracking_ids, max_age_hours }: CheckReplies,
): Selection {
  if (user_id === null && tracking_ids === undefined) {
    throw invalid([{ path: '/user_id', message: 'is required without tracking_ids: name the user of the e-mails' }]);
  }
  // Named e-mails are not subject to the default age.
  const hours = max_age_hours ?? (tracking_ids ? null : DEFAULT_AGE_HOURS);
  const since = hours === null ? null : new Date(clock.now().getTime() - hours * HOUR).toISOString();
  const ids = tracking_ids ? [...new Set(tracking_ids.map((id) => id.toLowerCase()))] : null;
  return { customer_id, user_id, ids, since };
}

async function checkSelection(tx: Tx, context: Context, selection: Selection): Promise<CheckedReplies> {
  await refuseUnknownIds(tx, selection);
  const taken = await takeNewReplies(tx, selection, dueBy(context.clock), MAX_REPLIES);
  const newest = await newestReplies(tx, selection, MAX_REPLIES);
  const unanswered = await unansweredEmails(tx, selection, MAX_PENDING);
  const newIds = new Set(taken.map(({ id }) => id));
  // `notified_at` shows earlier checks only, thus null for the replies that this check takes.
  const asBefore = (reply: TrackedReply) => replyOf(newIds.has(reply.id) ? { ...reply, notified_at: null } : reply);
  return {
    replies: fitReplies(newest.map(asBefore), MAX_TEXTS),
    new_replies: fitReplies(taken.map(asBefore), MAX_NEW_TEXTS),
    pending: withinBudget(unanswered.map(pendingEmailOf), MAX_PENDING_BYTES),
    all_replied: unanswered.length === 0,
  };
}

/** A mistyped id that was left out silently would read as "everybody has replied". */
async function refuseUnknownIds(tx: Tx, selection: Selection): Promise<void> {
  if (selection.ids === null) return;
  const existing = await existingIds(tx, { ...selection, since: null });
  const unknown = selection.ids.filter((id) => !existing.has(id));
  if (unknown.length === 0) return;
  const some = unknown.slice(0, 5).join(', ');
  throw new Problem(
    'EMAIL_NOT_FOUND',
    `There is no such e-mail for this user: ${some}. Leave tracking_ids out to check all e-mails.`,
  );
}

/** A message by webhook, handled as one by SMTP. The gateway checks who may bring it. */
const ingest = (context: Context) =>
  endpoint(ingestMessage, async ({ input: { raw, envelope_to, envelope_from } }) => {
    context.admit();
    const body = Buffer.from(raw, 'base64');
    const reverse_path = envelope_from ?? '';
    const message = await readMail(context, {
      via: 'webhook',
      raw: envelope_from === undefined ? body : Buffer.concat([returnPath(reverse_path), body]),
      reverse_path,
      recipients: envelope_to,
    });
    const matched = message ? await receiveMessage(context, message) : [];
    return { body: { matched: matched.map(({ customer_id, tracking_id }) => ({ customer_id, tracking_id })) } };
  });
