import type { EmailOfMission, PendingEmail, Reply, TrackedEmail } from '@missions/contracts/email/email.ts';
import { progressOf } from './recipients.ts';
import type { Email, StoredReply } from './state.ts';

/** What callers are shown of an e-mail. */
export const representationOf = (email: Email): TrackedEmail => ({
  ...briefOf(email),
  body_text: email.body_text,
  body_html: email.body_html,
});

export const briefOf = (email: Email): Omit<EmailOfMission, 'replies'> => ({
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
  expected_recipients: email.recipients.filter((it) => it.expected).map((it) => it.address),
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

export const pendingOf = (email: Email): PendingEmail => ({
  tracking_id: email.id,
  mission_id: email.mission_id,
  task_id: email.task_id,
  subject: email.subject,
  status: email.status,
  sent_at: email.sent_at,
  expires_at: email.expires_at,
  ...progressOf(email),
});

export interface ReplyRow extends StoredReply {
  readonly tracking_id: string;
  readonly notified_at: string | null;
  readonly parsed_response: Record<string, unknown> | null;
}

/** Who wrote it, and what, stands apart: it is a stranger's word. */
export const replyOf = (reply: ReplyRow): Reply => ({
  id: reply.id,
  tracking_id: reply.tracking_id,
  kind: reply.kind,
  from_address: reply.from_address,
  received_at: reply.received_at,
  notified_at: reply.notified_at,
  parsed_response: reply.parsed_response,
  untrusted: { from_name: reply.from_name, snippet: reply.snippet, body_text: reply.body_text },
});
