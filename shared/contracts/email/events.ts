import { type Static, Type } from 'typebox';
import { Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { Reply } from './email.ts';

/**
 * The email-bridge's events (specification section 7). `version` and `index` of their envelope order the events of one e-mail. `mission_id` of the
 * envelope is "" for an e-mail of no mission.
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
/** Of the expected recipients, after this. */
const progress = { pending_from: Addresses, received_from: Addresses, bounced: Addresses };

/** The server has taken the message, for those recipients it did not refuse. `follow_up`: 0 for the first message. */
export const EmailSent = Type.Object({
  ...about,
  message_id: Type.String(),
  follow_up: Type.Integer({ minimum: 0 }),
  sent_at: Time,
  refused: Addresses,
});
/** A reply of a person who was waited for: each that comes, though a person counts once, and also after everybody has answered. */
export const EmailReplied = Type.Object({ ...about, reply: Reply, ...progress });
/** Nobody is waited for any more, and somebody has answered. Final, and told once. */
export const EmailAllReplied = Type.Object({
  ...about,
  replies: Type.Array(Reply, {
    description:
      'of those who were waited for, so far, oldest first; of more than 100 the first of each, and the latest',
  }),
  ...progress,
});
/** A recipient was not reached for good. With `nobody_left` nobody is waited for any more, and nobody has answered: no answer can come. */
export const EmailBounced = Type.Object({
  ...about,
  recipient: Type.String(),
  reason: Type.String({ description: "a stranger's words" }),
  nobody_left: Type.Boolean(),
  ...progress,
});
/** Its time is up, and somebody has not answered. */
export const EmailExpired = Type.Object({ ...about, ...progress });

export type EmailReplied = Static<typeof EmailReplied>;
export type EmailAllReplied = Static<typeof EmailAllReplied>;
export type EmailBounced = Static<typeof EmailBounced>;
export type EmailExpired = Static<typeof EmailExpired>;

export const emailEvents = {
  'email.sent': EmailSent,
  'email.replied': EmailReplied,
  'email.all_replied': EmailAllReplied,
  'email.bounced': EmailBounced,
  'email.expired': EmailExpired,
} as const;
export type EmailEventType = keyof typeof emailEvents;

/** Those that a mission hears of. */
export const emailOutcomes = {
  replied: 'email.replied',
  allReplied: 'email.all_replied',
  bounced: 'email.bounced',
  expired: 'email.expired',
} as const satisfies Record<string, EmailEventType>;
