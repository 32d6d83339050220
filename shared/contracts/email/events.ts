import { type Static, Type } from 'typebox';
import { Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { Reply } from './email.ts';

/**
 * Events of the email-bridge (specification section 7). `version` and `index` of the envelope order the events of one
 * e-mail. `mission_id` of the envelope is "" for an e-mail of no mission.
 */
const about = {
  customer_id: Identifier,
  user_id: Identifier,
  mission_id: Nullable(Uuid),
  task_id: Nullable(Uuid),
  tracking_id: Uuid,
  subject: Type.String(),
};
const Addresses = Type.Array(Type.String());
/** The expected recipients by state, after this event. */
const progress = { pending_from: Addresses, received_from: Addresses, bounced: Addresses };

/**
 * The mail server accepted the message for all recipients but those in `refused`. `follow_up` is 0 for the first
 * message.
 */
export const EmailSent = Type.Object({
  ...about,
  message_id: Type.String(),
  follow_up: Type.Integer({ minimum: 0 }),
  sent_at: Time,
  refused: Addresses,
});
/**
 * A reply of an expected recipient. Every reply is published, also a second one of the same person and one after
 * everybody has replied.
 */
export const EmailReplied = Type.Object({ ...about, reply: Reply, ...progress });
/**
 * Mail that belongs to the e-mail and counts for nothing: an automatic reply, mail of somebody who was not asked, a
 * forged or late report. Published for at most 20 messages of an e-mail.
 */
export const EmailNoted = Type.Object({ ...about, reply: Reply, ...progress });
/** No recipient is pending any more, and at least one has replied. Final, and published once. */
export const EmailAllReplied = Type.Object({
  ...about,
  replies: Type.Array(Reply, {
    description:
      'replies of the expected recipients so far, oldest first; if more than 100, the first of each recipient and the latest ones',
  }),
  ...progress,
});
/**
 * Delivery to a recipient failed for good. `nobody_left`: no recipient is pending any more and none has replied, so no
 * reply can come.
 */
export const EmailBounced = Type.Object({
  ...about,
  recipient: Type.String(),
  reason: Type.String({ description: 'the reason that the mail server gave; untrusted text' }),
  nobody_left: Type.Boolean(),
  ...progress,
});
/** The deadline for replies has passed, and at least one recipient has not replied. */
export const EmailExpired = Type.Object({ ...about, ...progress });
/** Messages that were still queued are not sent any more, as the mission has ended or waits for no reply. */
export const EmailWithdrawn = Type.Object({
  ...about,
  reason: Type.String(),
  not_sent_to: Type.Array(Type.String(), { description: 'recipients who have not got a message that was queued' }),
});

export type EmailReplied = Static<typeof EmailReplied>;
export type EmailAllReplied = Static<typeof EmailAllReplied>;
export type EmailBounced = Static<typeof EmailBounced>;
export type EmailExpired = Static<typeof EmailExpired>;
export type EmailWithdrawn = Static<typeof EmailWithdrawn>;

export const emailEvents = {
  'email.sent': EmailSent,
  'email.replied': EmailReplied,
  'email.noted': EmailNoted,
  'email.all_replied': EmailAllReplied,
  'email.bounced': EmailBounced,
  'email.expired': EmailExpired,
  'email.withdrawn': EmailWithdrawn,
} as const;
export type EmailEventType = keyof typeof emailEvents;

/** The events that the mission service handles. */
export const emailOutcomes = {
  replied: 'email.replied',
  noted: 'email.noted',
  allReplied: 'email.all_replied',
  bounced: 'email.bounced',
  expired: 'email.expired',
  withdrawn: 'email.withdrawn',
} as const satisfies Record<string, EmailEventType>;
