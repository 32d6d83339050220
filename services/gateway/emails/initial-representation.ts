import type { RequestedMail, TrackedEmail } from '@missions/contracts/email/email.ts';

/**
 * The response to an e-mail of a mission: the e-mail as it stood when it was requested, also when a repeated call finds
 * it answered. A repeated `Idempotency-Key` gets the first response again (specification section 5).
 */
export const requestedRepresentation = (email: TrackedEmail): TrackedEmail => ({
  ...email,
  status: 'queued',
  pending_from: email.expected_recipients,
  received_from: [],
  bounced: [],
  follow_ups: 0,
  last_follow_up_at: null,
  last_error: '',
  sent_at: null,
  updated_at: email.created_at,
});

/** The response to a follow-up, by the same rule: the e-mail as it stood then, with this follow-up added. */
export const followedUpRepresentation = (email: TrackedEmail, { created_at }: RequestedMail): TrackedEmail => ({
  ...email,
  status: email.status === 'expired' ? 'expired' : 'followup_sent',
  follow_ups: email.follow_ups + 1,
  last_follow_up_at: created_at,
  updated_at: created_at,
});

/**
 * The representation while the bridge cannot be reached. The bridge sets `from`, `reply_to` and `message_id`; callers
 * read them later by the e-mail's id.
 */
export const unsent = (mail: RequestedMail): TrackedEmail => {
  const { follow_up_of: _original, body, id, expires_at, reply_to_message_id, ...rest } = mail;
  const thread = { thread_id: reply_to_message_id ?? '', message_id: '', from: '', reply_to: '' };
  const fields = {
    id,
    tracking_id: id,
    ...rest,
    ...thread,
    body_text: body,
    expires_at: mail.expect_reply ? expires_at : null,
    updated_at: mail.created_at,
  };
  return {
    ...fields,
    status: 'queued',
    pending_from: mail.expected_recipients,
    received_from: [],
    bounced: [],
    follow_ups: 0,
    last_follow_up_at: null,
    last_error: '',
    sent_at: null,
  };
};
