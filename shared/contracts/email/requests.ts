import { Type } from 'typebox';
import { Identifier, Uuid } from '../fields.ts';
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

/** The email-bridge's requests. An e-mail is addressed by its id and the caller's customer, and must be the user's when the caller names one. */
const one = { tracking_id: Uuid };

/** The same upsert as the event's, handed over before the sender is answered, so that it reads its own write. */
export const ensureEmail = defineRequest('email-bridge', 'ensure', RequestedMail, TrackedEmail);
/** A mail of no mission: the bridge decides alone. */
export const sendEmail = defineRequest('email-bridge', 'send', NewEmail, TrackedEmail);
export const getEmail = defineRequest('email-bridge', 'get', Type.Object(one), TrackedEmailDetail);
export const checkReplies = defineRequest('email-bridge', 'check_replies', CheckReplies, CheckedReplies);
/** Of an e-mail of no mission. */
export const followUpEmail = defineRequest(
  'email-bridge',
  'follow_up',
  Type.Object({ ...one, follow_up: FollowUp }),
  TrackedEmail,
);
export const listEmailsOfMission = defineRequest(
  'email-bridge',
  'of_mission',
  Type.Object({ mission_id: Uuid }),
  Type.Object({ emails: Type.Array(EmailOfMission) }),
);

/**
 * A message as a mail provider's webhook gave it: raw MIME (RFC 5322) in base64. Answered once what it belongs to is committed; a message that
 * belongs to nothing is answered too, with an empty list.
 */
export const ingestMessage = defineRequest(
  'email-bridge',
  'ingest',
  Type.Object({ raw: Type.String(), envelope_to: Type.Array(Type.String()) }),
  Type.Object({ matched: Type.Array(Type.Object({ customer_id: Identifier, tracking_id: Uuid })) }),
);

export const emailRequests = [
  ensureEmail,
  sendEmail,
  getEmail,
  checkReplies,
  followUpEmail,
  listEmailsOfMission,
  ingestMessage,
] as const;
