import { mailFaults, requestedMail } from '@missions/contracts/email/requested.ts';
import {
  type EmailsPage,
  ensureEmail,
  followUpEmail as followUpRequest,
  getEmail,
  listEmailsOfMission,
  sendEmail,
} from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { erasedAmong } from '@missions/persistence/tombstones.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { type Context, executeCommand, problemOf } from '../commands/execute-command.ts';
import { followUpEmail, requestEmail } from '../commands/request-email.ts';
import { notFound } from '../domain/decide.ts';
import { fitReplies, replyOf, representationOf, summaryOf, withinBudget } from '../domain/representation.ts';
import type { Email } from '../domain/state.ts';
import { cursorAt } from '@missions/persistence/cursor.ts';
import { emailPage, type MissionOfCaller } from '../store/email-pages.ts';
import { countEmailsOfMission, emailsOfMission, readEmail } from '../store/find-emails.ts';
import { repliesOf, snippetsOf } from '../store/replies.ts';

export const emailEndpoints = (context: Context): Endpoint[] => [
  ensure(context),
  send(context),
  get(context),
  followUp(context),
  ofMission(context),
];

/**
 * Does what the event `mission.email_requested` does, before the sender is answered, so that the sender reads its own
 * write. Whichever arrives first has the effect; both are answered with the e-mail as it stands, which may already be
 * sent, answered or cancelled.
 */
const ensure = (context: Context) =>
  endpoint(ensureEmail, async ({ caller, input: requested }) => {
    const { id, customer_id, user_id, mission_id } = requested;
    if (customer_id !== caller.customer_id || (caller.user_id !== null && user_id !== caller.user_id)) {
      throw new Problem('FORBIDDEN', `E-mail ${id} belongs to another customer or user than the caller.`);
    }
    context.admit();
    return await transaction(context.db, async (tx) => {
      if (mission_id !== null && (await erasedAmong(tx, [mission_id])).size > 0) {
        throw new Problem('MISSION_NOT_FOUND', `Mission ${mission_id} of this e-mail was erased.`);
      }
      const { decision, email } = await executeCommand(tx, context, requestEmail(context, requested));
      if (decision.kind === 'refused') throw problemOf(decision);
      return { body: representationOf(email) };
    });
  });

/**
 * An e-mail of no mission. The mission service decides about an e-mail of a mission, because it knows whether the task
 * may wait.
 */
const send = (context: Context) =>
  endpoint(sendEmail, async ({ caller: { customer_id, user_id }, idempotency, input }) => {
    if (user_id === null) throw invalid([{ path: '/user_id', message: 'is required: name the user who sends' }]);
    const faults = mailFaults(input);
    if (faults.length > 0) throw invalid(faults);
    if (input.mission_id != null) {
      const detail = 'mission_id: request an e-mail of a mission from the mission, or leave mission_id out.';
      const errors = [{ path: '/mission_id', message: 'must be requested from the mission' }];
      throw new Problem('VALIDATION_FAILED', detail, { errors });
    }
    context.admit();
    return await executeOnce(context.db, idempotency, async (tx) => {
      const scope = { id: context.newId(), customer_id, user_id, at: context.clock.now().toISOString() };
      const target = requestEmail(context, requestedMail(input, scope));
      const { email } = await executeCommand(tx, context, target);
      return { body: JSON.stringify(representationOf(email)), missionId: null };
    });
  });

/** With these bounds, and the e-mail itself, the response stays well below the 8 MB that the bus carries. */
const MAX_REPLIES = 200;
const MAX_REPLY_TEXTS = 3_000_000;

/** By id within the customer; of the caller's user, if the caller names one. */
const get = ({ db }: Context) =>
  endpoint(getEmail, async ({ caller, input }) => {
    const tx = autocommit(db);
    const email = await emailOfCaller(tx, caller, input.tracking_id);
    const replies = await repliesOf(tx, email.customer_id, [email.id], MAX_REPLIES);
    return { body: { ...representationOf(email), replies: fitReplies(replies.map(replyOf), MAX_REPLY_TEXTS) } };
  });

/**
 * A further message of an e-mail of no mission; the mission service decides about the follow-ups of a mission's
 * e-mails.
 */
const followUp = (context: Context) =>
  endpoint(followUpRequest, async ({ caller, idempotency, input: { tracking_id, follow_up } }) => {
    context.admit();
    return await executeOnce(context.db, idempotency, async (tx) => {
      const { customer_id, id, mission_id } = await emailOfCaller(tx, caller, tracking_id);
      if (mission_id !== null) {
        throw new Problem('FORBIDDEN', `E-mail ${id} is of mission ${mission_id}: request the follow-up there.`);
      }
      const target = followUpEmail(context, customer_id, id, { id: context.newId(), body: follow_up.body });
      const { decision, email } = await executeCommand(tx, context, target);
      if (decision.kind === 'refused') throw problemOf(decision);
      return { body: JSON.stringify(representationOf(email)), missionId: null };
    });
  });

/** @throws Problem EMAIL_NOT_FOUND, also for an e-mail of another customer or user. */
async function emailOfCaller(tx: Tx, { customer_id, user_id }: Caller, id: string): Promise<Email> {
  const { email } = await readEmail(tx, customer_id, id, null);
  if (email === null || email.status === 'tombstone' || (user_id !== null && email.user_id !== user_id)) {
    throw new Problem('EMAIL_NOT_FOUND', notFound);
  }
  return email;
}

/**
 * A mission's e-mails are a part of its resume context, which is one message; `get` returns more replies, and their
 * texts.
 */
const MAX_EMAILS = 50;
const MAX_REPLIES_EACH = 20;
/** In bytes of JSON. The replies take at most 4.5 MB, and the bus carries 8. */
const MAX_EMAIL_BYTES = 3_000_000;

const ofMission = ({ db }: Context) =>
  endpoint(listEmailsOfMission, async ({ caller, input: { mission_id, page } }) => {
    const tx = autocommit(db);
    const mission = { customer_id: caller.customer_id, user_id: caller.user_id, mission_id };
    return { body: page ? await pageOf(tx, mission, page) : await partOfContext(tx, mission) };
  });

/** The whole history, newest first. What does not fit into one message is on the next page. */
async function pageOf(tx: Tx, mission: MissionOfCaller, { limit = MAX_EMAILS, cursor }: EmailsPage) {
  const size = Math.min(limit, MAX_EMAILS);
  const found = await emailPage(tx, mission, cursor, size + 1);
  const fitting = withinBudget(found.slice(0, size).map(summaryOf), MAX_EMAIL_BYTES);
  const last = found[fitting.length - 1];
  return {
    emails: await withReplies(tx, mission.customer_id, fitting),
    next_cursor: last && fitting.length < found.length ? cursorAt([last.created_at, last.id]) : null,
  };
}

/** Those that are still open first, as only so many are shown. */
async function partOfContext(tx: Tx, { customer_id, user_id, mission_id }: MissionOfCaller) {
  const all = await emailsOfMission(tx, customer_id, user_id, mission_id, MAX_EMAILS);
  const fitting = withinBudget(all.map(summaryOf), MAX_EMAIL_BYTES);
  const emails = await withReplies(tx, customer_id, fitting);
  if (emails.length < MAX_EMAILS && emails.length === all.length) return { emails };
  const omitted = (await countEmailsOfMission(tx, customer_id, user_id, mission_id)) - emails.length;
  return { emails, ...(omitted > 0 && { omitted }) };
}

async function withReplies(tx: Tx, customer_id: string, emails: readonly ReturnType<typeof summaryOf>[]) {
  const ids = emails.map(({ id }) => id);
  const replies = (await snippetsOf(tx, customer_id, ids, MAX_REPLIES_EACH))
    .map(replyOf)
    .map(({ untrusted: { from_name, snippet }, ...reply }) => ({ ...reply, untrusted: { from_name, snippet } }));
  const byEmail = Map.groupBy(replies, ({ tracking_id }) => tracking_id);
  return emails.map((email) => ({ ...email, replies: byEmail.get(email.id) ?? [] }));
}
