import { type Static, Type } from 'typebox';
import { MAX_RECIPIENTS } from './address.ts';
import { closed, Cursor, Identifier, Nullable, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';
import {
  CheckedReplies,
  CheckReplies,
  EmailOfMission,
  FollowUp,
  NewEmail,
  RequestedMail,
  TrackedEmail,
  TrackedEmailDetail,
} from './email.ts';

/**
 * Requests to the email-bridge. An e-mail is addressed by its id and the caller's customer; if the caller names a user,
 * it must belong to that user.
 */
const one = { tracking_id: Uuid };

/** The same upsert as by the event, done before the sender gets its response, so that it can read its own write. */
export const ensureEmail = defineRequest('email-bridge', 'ensure', RequestedMail, TrackedEmail);
/** Sends an e-mail of no mission: the email-bridge decides alone. */
export const sendEmail = defineRequest('email-bridge', 'send', NewEmail, TrackedEmail);
export const getEmail = defineRequest('email-bridge', 'get', Type.Object(one), TrackedEmailDetail);
export const checkReplies = defineRequest('email-bridge', 'check_replies', CheckReplies, CheckedReplies);
/**
 * Whether a mail to these recipients, or, without them, a follow-up, is sent only with a receipt of its approval
 * (EMAIL_REQUIRES_RECEIPT); `unknown`: those who have had no mail of the caller's user before, if that is why.
 */
export const needsReceipt = defineRequest(
  'email-bridge',
  'needs_receipt',
  Type.Object({ recipients: Type.Optional(Type.Array(Type.String(), { maxItems: 3 * MAX_RECIPIENTS })) }),
  Type.Object({
    needed: Type.Boolean(),
    unknown: Type.Array(Type.String()),
    mode: Type.Enum(['never', 'unknown-recipients', 'all']),
  }),
);
/** Follows up an e-mail of no mission. */
export const followUpEmail = defineRequest(
  'email-bridge',
  'follow_up',
  Type.Object({ ...one, follow_up: FollowUp }),
  TrackedEmail,
);
export const EmailsPage = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'default 50; a page has at most 50' })),
    cursor: Type.Optional(Cursor),
  },
  closed,
);
export type EmailsPage = Static<typeof EmailsPage>;
/** With `page`, a page of all; an older email-bridge answers as without. Without it, the part of a mission's context. */
export const listEmailsOfMission = defineRequest(
  'email-bridge',
  'of_mission',
  Type.Object({ mission_id: Uuid, page: Type.Optional(EmailsPage) }),
  Type.Object({
    emails: Type.Array(EmailOfMission),
    omitted: Type.Optional(Type.Integer({ minimum: 1 })),
    next_cursor: Type.Optional(Nullable(Type.String())),
  }),
);

/**
 * A message from a mail provider's webhook: raw MIME (RFC 5322) in base64. The response comes after the commit and
 * lists the e-mails that the message belongs to; the list is empty if it belongs to none.
 */
export const ingestMessage = defineRequest(
  'email-bridge',
  'ingest',
  Type.Object({
    raw: Type.String(),
    envelope_to: Type.Array(Type.String()),
    envelope_from: Type.Optional(
      Type.String({ description: "the envelope's sender; empty for a notice of a server. If left out: Return-Path" }),
    ),
  }),
  Type.Object({ matched: Type.Array(Type.Object({ customer_id: Identifier, tracking_id: Uuid })) }),
);
