import type { EmailOfMission, PendingEmail, Reply, TrackedEmail } from '@missions/contracts/email/email.ts';
import { progressOf } from './recipients.ts';
import type { Email, State, StoredReply } from './state.ts';

/** @throws Error for an unknown e-mail or a tombstone; no command that is answered with an e-mail leaves one. */
export function representationOf(state: State): TrackedEmail {
  if (state === null || state.status === 'tombstone') {
    throw new Error(`e-mail ${state?.id ?? '(unknown)'} cannot be shown: its content is not known`);
  }
  return { ...summaryOf(state), body_text: state.body_text, body_html: state.body_html };
}

/** An e-mail without its text. */
export const summaryOf = (email: Email): Omit<EmailOfMission, 'replies'> => ({
  id: email.id,
  tracking_id: email.id,
  customer_id: email.customer_id,
  user_id: email.user_id,
  mission_id: email.mission_id,
  task_id: email.task_id,
  message_id: email.message_id,
  thread_id: email.thread_id,
  from: email.from,
  reply_to: email.reply_to,
  to: [...email.to],
  cc: [...email.cc],
  bcc: [...email.bcc],
  expected_recipients: email.recipients.filter(({ expected }) => expected).map(({ address }) => address),
  subject: email.subject,
  expect_reply: email.expect_reply,
  until: email.until,
  status: email.status,
  ...progressOf(email),
  follow_ups: email.follow_ups,
  last_follow_up_at: email.last_follow_up_at,
  last_error: email.last_error,
  sent_at: email.sent_at,
  expires_at: email.expires_at,
  created_at: email.created_at,
  updated_at: email.updated_at,
});

export const pendingEmailOf = (email: Email): PendingEmail => ({
  tracking_id: email.id,
  mission_id: email.mission_id,
  task_id: email.task_id,
  subject: email.subject,
  status: email.status,
  sent_at: email.sent_at,
  expires_at: email.expires_at,
  ...progressOf(email),
});

/** A stored reply, with the time at which a `check_replies` first reported it. */
export interface TrackedReply extends StoredReply {
  readonly tracking_id: string;
  readonly notified_at: string | null;
  readonly parsed_response: Record<string, unknown> | null;
}

/** The sender's name and the text are in a member of their own, `untrusted`, because a stranger chose them. */
export const replyOf = (reply: TrackedReply): Reply => ({
  id: reply.id,
  tracking_id: reply.tracking_id,
  kind: reply.kind,
  recipient: reply.recipient,
  from_address: reply.from_address,
  received_at: reply.received_at,
  notified_at: reply.notified_at,
  parsed_response: reply.parsed_response,
  authentication: reply.authentication,
  reading: reply.reading === null ? null : [...reply.reading],
  untrusted: { from_name: reply.from_name, snippet: reply.snippet, body_text: reply.body_text },
});

/**
 * As many of the first rows as together take at most `budget` bytes as JSON. An address is short, but an e-mail may
 * have hundreds.
 */
export function withinBudget<T>(rows: readonly T[], budget: number): T[] {
  let left = budget;
  return rows.filter((row) => (left -= Buffer.byteLength(JSON.stringify(row))) >= 0);
}

/**
 * Bounds the replies that one message on the bus carries: the longest texts are cut, all to the same size, until the
 * texts take at most `budget` bytes as JSON. Nothing else of a reply is cut.
 */
export function fitReplies(replies: readonly Reply[], budget: number): Reply[] {
  const sizes = replies.map(({ untrusted }) => sizeOf(untrusted.body_text));
  const limit = limitFor(sizes, budget);
  return replies.map((reply, index) => {
    if ((sizes[index] ?? 0) <= limit) return reply;
    const { untrusted } = reply;
    return { ...reply, untrusted: { ...untrusted, body_text: cut(untrusted.body_text, limit) } };
  });
}

/** The size to which the larger texts must be cut so that all fit. */
function limitFor(sizes: readonly number[], budget: number): number {
  const ascending = sizes.toSorted((a, b) => a - b);
  let left = budget;
  for (const [index, size] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - index));
    if (size > share) return share;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}

const sizeOf = (text: string): number => Buffer.byteLength(JSON.stringify(text));
const CUT_MARK = '\n[… cut here; the e-mail itself shows more]';

function cut(text: string, limit: number): string {
  let start = text;
  for (let size = sizeOf(start + CUT_MARK); size > limit && start !== ''; size = sizeOf(start + CUT_MARK)) {
    start = start.slice(0, Math.min(start.length - 1, Math.floor((start.length * limit) / size))).toWellFormed();
  }
  return start === '' ? '' : start + CUT_MARK;
}
