import type { FieldError } from '../errors.ts';
import { addressKey, parseAddress } from './address.ts';
import { DEFAULT_REPLY_HOURS, type NewEmail, type RequestedMail } from './email.ts';

/**
 * Members of an e-mail that do not come from the request body. `user_id` is its owner, `at` the time of the request
 * (RFC 3339).
 */
export interface MailScope {
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly at: string;
}

const HOUR = 3_600_000;

/**
 * Completes an e-mail with all defaults. Used by both services that may accept one: the mission service, and the
 * email-bridge for those of no mission.
 */
export function requestedMail(mail: NewEmail, { id, customer_id, user_id, at }: MailScope): RequestedMail {
  const expect_reply = mail.expect_reply ?? false;
  return {
    id,
    customer_id,
    user_id,
    mission_id: mail.mission_id?.toLowerCase() ?? null,
    task_id: mail.task_id?.toLowerCase() ?? null,
    to: mail.to,
    cc: mail.cc ?? [],
    bcc: mail.bcc ?? [],
    subject: mail.subject,
    body: mail.body,
    body_html: mail.body_html ?? null,
    reply_to_message_id: mail.reply_to_message_id ?? null,
    expect_reply,
    expected_recipients: expect_reply ? distinct(mail.expected_recipients ?? mail.to) : [],
    until: mail.until ?? 'all',
    expires_at: new Date(Date.parse(at) + (mail.expires_in_hours ?? DEFAULT_REPLY_HOURS) * HOUR).toISOString(),
    follow_up_of: null,
    created_at: at,
  };
}

/** Distinct addresses regardless of case (specification section 3.6), each in its first spelling. */
function distinct(addresses: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const text of addresses) if (!seen.has(addressKey(text))) seen.set(addressKey(text), parseAddress(text).address);
  return [...seen.values()];
}

/** Faults of an e-mail that its schema cannot express. */
export function mailFaults(mail: NewEmail): FieldError[] {
  const faults: FieldError[] = [];
  const reached = new Set([...mail.to, ...(mail.cc ?? []), ...(mail.bcc ?? [])].map(addressKey));
  mail.expected_recipients?.forEach((address, index) => {
    if (!reached.has(addressKey(address)))
      faults.push({
        path: `/expected_recipients/${index}`,
        message: `${address} is not among to, cc and bcc: it would never get the mail`,
      });
  });
  if (mail.expected_recipients && !mail.expect_reply)
    faults.push({
      path: '/expected_recipients',
      message: 'says who is to answer; leave it out, or send expect_reply: true',
    });
  if (mail.task_id != null && mail.mission_id == null)
    faults.push({ path: '/mission_id', message: "is required with task_id: it is the task's mission" });
  return faults;
}
