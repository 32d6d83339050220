import type { CheckedReplies, CheckReplies } from '@missions/contracts/email/email.ts';
import { checkReplies } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { fitReplies } from '../domain/fit-replies.ts';
import { pendingOf, type ReplyRow, replyOf } from '../domain/representation.ts';
import { within } from '../domain/size-budget.ts';
import { knownAmong, newestReplies, type Selection, takeNewReplies, unansweredEmails } from '../store/check-replies.ts';
import type { Context } from '../commands/context.ts';

/** 200 snippets of each kind, their texts and the pending e-mails are together under 6 MB, and the bus takes 8. */
const MAX_REPLIES = 200;
const MAX_PENDING = 500;
const NEW_TEXT_BYTES = 2_000_000;
const TEXT_BYTES = 1_000_000;
const PENDING_BYTES = 1_000_000;
const DEFAULT_AGE_HOURS = 168;
const HOUR = 3_600_000;

/** A reply is new once, to whoever asked first, unless the same `Idempotency-Key` asks again. */
export const checkRepliesEndpoint = (context: Context) =>
  endpoint(checkReplies, async ({ caller, idempotency, input }) => {
    const selection = selectionOf(context, caller, input);
    return await executeOnce(context.db, idempotency, async (tx) => ({
      body: JSON.stringify(await check(tx, context, selection)),
    }));
  });

function selectionOf(
  { clock }: Context,
  { customer_id, user_id }: Caller,
  { tracking_ids, max_age_hours }: CheckReplies,
): Selection {
  if (user_id === null && tracking_ids === undefined)
    throw invalid([{ path: '/user_id', message: 'is required without tracking_ids: say whose e-mails to look at' }]);
  // Ids say exactly what is meant: an age that nobody named takes none of them away.
  const hours = max_age_hours ?? (tracking_ids ? null : DEFAULT_AGE_HOURS);
  const since = hours === null ? null : new Date(clock.now().getTime() - hours * HOUR).toISOString();
  return {
    customer_id,
    user_id,
    ids: tracking_ids ? [...new Set(tracking_ids.map((id) => id.toLowerCase()))] : null,
    since,
  };
}

async function check(tx: Tx, context: Context, selection: Selection): Promise<CheckedReplies> {
  await refuseUnknown(tx, selection);
  const fresh = await takeNewReplies(tx, selection, dueBy(context.clock), MAX_REPLIES);
  const newest = await newestReplies(tx, selection, MAX_REPLIES);
  const unanswered = await unansweredEmails(tx, selection, MAX_PENDING);
  const isNew = new Set(fresh.map(({ id }) => id));
  // As it was before this check, which is nobody's earlier one.
  const shown = (reply: ReplyRow) => replyOf(isNew.has(reply.id) ? { ...reply, notified_at: null } : reply);
  return {
    replies: fitReplies(newest.map(shown), TEXT_BYTES),
    new_replies: fitReplies(fresh.map(shown), NEW_TEXT_BYTES),
    pending: within(unanswered.map(pendingOf), PENDING_BYTES),
    all_replied: unanswered.length === 0,
  };
}

/** Left out silently, a mistyped id would read as "everybody has answered". */
async function refuseUnknown(tx: Tx, selection: Selection): Promise<void> {
  if (selection.ids === null) return;
  const known = await knownAmong(tx, { ...selection, since: null });
  const unknown = selection.ids.filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new Problem(
      'EMAIL_NOT_FOUND',
      `There is no such e-mail for this user: ${unknown.slice(0, 5).join(', ')}. Leave tracking_ids out to check all.`,
    );
}
