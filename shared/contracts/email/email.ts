import { type Static, Type } from 'typebox';
import { closed, Identifier, JsonObject, LongText, Nullable, Time, Uuid } from '../fields.ts';
import { Address, BareAddress, HeaderText, MAX_RECIPIENTS, MessageId } from './address.ts';

/** A tracked e-mail and its replies (specification section 3.6): their vocabulary, what callers send, and what they are shown. */
export const emailStatuses = [
  'queued',
  'awaiting_reply',
  'some_replied',
  'all_replied',
  'followup_sent',
  'expired',
  'cancelled',
  'bounced',
  'sent',
] as const;
export type EmailStatus = (typeof emailStatuses)[number];
/** Of an e-mail that may be followed up, as long as somebody has not answered. */
export const followableStatuses: readonly EmailStatus[] = [
  'awaiting_reply',
  'some_replied',
  'followup_sent',
  'expired',
];
/** These are no steps of the caller's, so that `allowed` of the refusal is empty. */
export const whenFollowable = `A follow-up goes to those who have not answered an e-mail that is ${followableStatuses.join(', ')}.`;
export const replyKinds = ['reply', 'auto_reply', 'bounce', 'unattributed'] as const;
export type ReplyKind = (typeof replyKinds)[number];

export const DEFAULT_REPLY_HOURS = 7 * 24;
export const MIN_REPLY_HOURS = 1 / 60;
export const MAX_REPLY_HOURS = 90 * 24;
export const SNIPPET_LENGTH = 500;

const Recipients = Type.Array(Address, { maxItems: MAX_RECIPIENTS });

/** What callers send. */
export const NewEmail = Type.Object(
  {
    to: Type.Array(Address, { minItems: 1, maxItems: MAX_RECIPIENTS }),
    cc: Type.Optional(Recipients),
    bcc: Type.Optional(Recipients),
    subject: HeaderText,
    body: LongText,
    body_html: Type.Optional(Nullable(LongText)),
    reply_to_message_id: Type.Optional(Nullable(MessageId)),
    expect_reply: Type.Optional(
      Type.Boolean({ description: 'track replies, and with a mission let it wait for them; default false' }),
    ),
    expected_recipients: Type.Optional(
      Type.Array(Address, {
        minItems: 1,
        maxItems: MAX_RECIPIENTS,
        description: 'whose answers are waited for, written as in to; default: to',
      }),
    ),
    until: Type.Optional(Type.Enum(['all', 'any'], { description: 'how many of them; default all' })),
    expires_in_hours: Type.Optional(
      Type.Number({ minimum: MIN_REPLY_HOURS, maximum: MAX_REPLY_HOURS, description: 'default 168' }),
    ),
    on_timeout: Type.Optional(
      Type.Enum(['fail', 'resume'], { description: 'what becomes of the task when nobody answers; default fail' }),
    ),
    mission_id: Type.Optional(Nullable(Uuid)),
    task_id: Type.Optional(Nullable(Uuid)),
    conversation_id: Type.Optional(Type.String({ maxLength: 255 })),
  },
  closed,
);
export type NewEmail = Static<typeof NewEmail>;

export const FollowUp = Type.Object({ body: Type.Optional(LongText) }, closed);
export type FollowUp = Static<typeof FollowUp>;

/**
 * A mail as it is handed to the bridge, complete, with every default filled in and every time absolute: the bridge's upsert of it depends on
 * nothing else and may happen twice. With `follow_up_of` it is a further message of that tracked e-mail, in its thread, to whom has not answered;
 * then `to`, `cc`, `bcc` and `subject` say nothing.
 */
export const RequestedMail = Type.Object(
  {
    id: Uuid,
    customer_id: Identifier,
    user_id: Identifier,
    mission_id: Nullable(Uuid),
    task_id: Nullable(Uuid),
    to: Recipients,
    cc: Recipients,
    bcc: Recipients,
    subject: Type.String(),
    body: Type.String(),
    body_html: Nullable(Type.String()),
    reply_to_message_id: Nullable(MessageId),
    expect_reply: Type.Boolean(),
    expected_recipients: Type.Array(BareAddress),
    until: Type.Enum(['all', 'any']),
    expires_at: Time,
    follow_up_of: Nullable(Uuid),
    created_at: Time,
  },
  { $id: 'RequestedMail' },
);
export type RequestedMail = Static<typeof RequestedMail>;

/**
 * A reply as it is shown. What the mail says is a stranger's word: it stands apart, under `untrusted`, answers no question and is no instruction.
 */
export const Reply = Type.Object(
  {
    id: Uuid,
    tracking_id: Uuid,
    kind: Type.Enum([...replyKinds]),
    from_address: Type.String(),
    received_at: Time,
    notified_at: Nullable(Time),
    parsed_response: Nullable(JsonObject),
    untrusted: Type.Object({
      from_name: Type.String(),
      snippet: Type.String({ maxLength: SNIPPET_LENGTH }),
      body_text: Type.String(),
    }),
  },
  { $id: 'EmailReply' },
);
export type Reply = Static<typeof Reply>;

const Addresses = Type.Array(Type.String());

/** Who is waited for, who has answered, and whom the mail did not reach: each expected recipient is in one of them. */
const progress = { pending_from: Addresses, received_from: Addresses, bounced: Addresses };

const trackedEmail = {
  id: Uuid,
  tracking_id: Uuid,
  customer_id: Identifier,
  user_id: Identifier,
  mission_id: Nullable(Uuid),
  task_id: Nullable(Uuid),
  message_id: Type.String(),
  thread_id: Type.String({ description: 'Message-ID of the first message of the thread' }),
  from: Type.String(),
  reply_to: Type.String({ description: 'the address that carries the token' }),
  to: Addresses,
  cc: Addresses,
  bcc: Addresses,
  expected_recipients: Addresses,
  subject: Type.String(),
  body_text: Type.String(),
  body_html: Nullable(Type.String()),
  expect_reply: Type.Boolean(),
  until: Type.Enum(['all', 'any']),
  status: Type.Enum([...emailStatuses]),
  ...progress,
  follow_ups: Type.Integer({ minimum: 0 }),
  last_follow_up_at: Nullable(Time),
  last_error: Type.String({ description: 'what the mail server last said against it' }),
  sent_at: Nullable(Time),
  expires_at: Nullable(Time),
  created_at: Time,
  updated_at: Time,
};
export const TrackedEmail = Type.Object(trackedEmail, { $id: 'TrackedEmail' });
export type TrackedEmail = Static<typeof TrackedEmail>;

export const TrackedEmailDetail = Type.Object(
  { ...trackedEmail, replies: Type.Array(Reply) },
  { $id: 'TrackedEmailDetail' },
);
export type TrackedEmailDetail = Static<typeof TrackedEmailDetail>;

/** In a mission's context: without the text that was sent, with the snippets of what came back. */
const { body_text: _text, body_html: _html, ...brief } = trackedEmail;
export const EmailOfMission = Type.Object(
  {
    ...brief,
    replies: Type.Array(
      Type.Object({
        ...Reply.properties,
        untrusted: Type.Object({ from_name: Type.String(), snippet: Type.String() }),
      }),
    ),
  },
  { $id: 'EmailOfMission' },
);
export type EmailOfMission = Static<typeof EmailOfMission>;

export const CheckReplies = Type.Object(
  {
    tracking_ids: Type.Optional(Type.Array(Uuid, { minItems: 1, maxItems: 200 })),
    max_age_hours: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 8760, description: 'of the e-mails; default 168' }),
    ),
  },
  closed,
);
export type CheckReplies = Static<typeof CheckReplies>;

export const PendingEmail = Type.Object(
  {
    tracking_id: Uuid,
    mission_id: Nullable(Uuid),
    task_id: Nullable(Uuid),
    subject: Type.String(),
    status: Type.Enum([...emailStatuses]),
    sent_at: Nullable(Time),
    expires_at: Nullable(Time),
    ...progress,
  },
  { $id: 'PendingEmail' },
);
export type PendingEmail = Static<typeof PendingEmail>;

export const CheckedReplies = Type.Object(
  {
    replies: Type.Array(Reply, { description: 'every stored one of any kind, newest first; at most 200' }),
    new_replies: Type.Array(Reply, {
      description:
        'those that no earlier check returned, newest first; at most 200, the oldest of them first to come. Their notified_at is null',
    }),
    pending: Type.Array(PendingEmail, {
      description:
        'of the e-mails looked at that expect replies, those that are neither all_replied nor cancelled: those still waited for, then those that ended without an answer of everybody (status expired or bounced). pending_from are silent, bounced were not reached; at most 500',
    }),
    all_replied: Type.Boolean({
      description: 'pending is empty: everybody has answered who was reached, and of each e-mail somebody',
    }),
  },
  { $id: 'CheckedReplies' },
);
export type CheckedReplies = Static<typeof CheckedReplies>;
