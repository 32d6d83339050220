import { type Static, Type } from 'typebox';
import { closed, Identifier, JsonObject, LongText, Nullable, Time, Uuid } from '../fields.ts';
import { Address, BareAddress, HeaderText, MAX_RECIPIENTS, MessageId } from './address.ts';

/** A tracked e-mail and its replies (specification section 3.6): vocabulary, request bodies and representations. */
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
/** Statuses in which an e-mail may be followed up, as long as a recipient has not replied. */
export const followableStatuses: readonly EmailStatus[] = [
  'awaiting_reply',
  'some_replied',
  'followup_sent',
  'expired',
];
/** Detail of the refusal. Callers cannot bring an e-mail into these statuses, so `allowed` of the refusal is empty. */
export const whenFollowable = `A follow-up goes to those who have not answered an e-mail that is ${followableStatuses.join(', ')}.`;
export const replyKinds = ['reply', 'auto_reply', 'bounce', 'unattributed'] as const;
export type ReplyKind = (typeof replyKinds)[number];

export const DEFAULT_REPLY_HOURS = 7 * 24;
export const MIN_REPLY_HOURS = 1 / 60;
export const MAX_REPLY_HOURS = 90 * 24;
export const SNIPPET_LENGTH = 500;

const Recipients = Type.Array(Address, { maxItems: MAX_RECIPIENTS });

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
      Type.Boolean({ description: 'track replies and, with a mission, let it wait for them; default false' }),
    ),
    expected_recipients: Type.Optional(
      Type.Array(Address, {
        minItems: 1,
        maxItems: MAX_RECIPIENTS,
        description: 'addresses whose replies are awaited, written as in to; default: to',
      }),
    ),
    until: Type.Optional(
      Type.Enum(['all', 'any'], { description: 'whether all of them must reply or any one; default all' }),
    ),
    expires_in_hours: Type.Optional(
      Type.Number({ minimum: MIN_REPLY_HOURS, maximum: MAX_REPLY_HOURS, description: 'default 168' }),
    ),
    on_timeout: Type.Optional(
      Type.Enum(['fail', 'resume'], { description: 'effect on the task if nobody replies in time; default fail' }),
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
 * A complete e-mail, as the mission service passes it to the email-bridge: every default is filled in and every time is
 * absolute, so that the bridge's upsert depends on nothing else and may happen twice. With `follow_up_of` it is a
 * further message of that tracked e-mail, in its thread, to the recipients who have not replied; `to`, `cc`, `bcc` and
 * `subject` are then ignored.
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

/** What the trusted mail server in front found out about a message's sender (RFC 8601); null for what it does not say. */
export const ReplyAuthentication = Type.Object({
  spf: Nullable(Type.String()),
  dkim: Nullable(Type.String()),
  dmarc: Nullable(Type.String({ description: 'fail: From is forged, and the reply is unattributed' })),
});
export type ReplyAuthentication = Static<typeof ReplyAuthentication>;

/** The stages in which a message is read, in their order. */
export const readingStages = ['parts', 'texts', 'kind', 'recipients', 'own_words'] as const;

/**
 * What a stage of the reading left out of a message or decided about it, and why, in the service's own words. `unsure`: it
 * had to guess, so that the whole text deserves a look.
 */
export const ReadingNote = Type.Object({
  stage: Type.Enum([...readingStages]),
  what: Type.String({ description: 'what was left out or decided' }),
  why: Type.String(),
  unsure: Type.Boolean({ description: 'a guess: look at the whole text' }),
});
export type ReadingNote = Static<typeof ReadingNote>;

/**
 * A reply. The text that its sender wrote is under `untrusted`: it never counts as the response to an input request or
 * as an instruction.
 */
export const Reply = Type.Object(
  {
    id: Uuid,
    tracking_id: Uuid,
    kind: Type.Enum([...replyKinds]),
    recipient: Type.Optional(
      Nullable(
        Type.String({
          description:
            'the recipient whose reply it is, by the address that it was sent to; null for mail of anybody else',
        }),
      ),
    ),
    from_address: Type.String({ description: 'the address in From; a reply may come from another than recipient' }),
    received_at: Time,
    notified_at: Nullable(Time),
    parsed_response: Nullable(JsonObject),
    authentication: Type.Optional(Nullable(ReplyAuthentication)),
    reading: Type.Optional(
      Nullable(
        Type.Array(ReadingNote, {
          description:
            'what the service left out of the message when it read it, and where it had to guess; null for a reply of an older version',
        }),
      ),
    ),
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

/**
 * The recipients who are awaited, who have replied, and whom the mail did not reach: each expected recipient is in
 * exactly one list.
 */
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
  reply_to: Type.String({
    description: 'an address for replies to this e-mail, by From; each recipient was given one of their own',
  }),
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
  last_error: Type.String({ description: 'last error of the mail server' }),
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

/** An e-mail in a mission's context: without the text that was sent, and with only the snippets of the replies. */
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
      Type.Number({ exclusiveMinimum: 0, maximum: 8760, description: 'age of the e-mails; default 168' }),
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
    replies: Type.Array(Reply, { description: 'all stored replies of any kind, newest first; at most 200' }),
    new_replies: Type.Array(Reply, {
      description:
        'replies that no earlier check returned, newest first; if more than 200, the oldest 200 come first. Their notified_at is null',
    }),
    pending: Type.Array(PendingEmail, {
      description:
        'the checked e-mails that expect replies and are neither all_replied nor cancelled: first those ' +
        'still awaited, then those that ended without replies of everybody (status expired or bounced). ' +
        'pending_from have not replied, bounced were not reached; at most 500',
    }),
    all_replied: Type.Boolean({
      description: 'pending is empty: every recipient who was reached has replied, and at least one of each e-mail',
    }),
  },
  { $id: 'CheckedReplies' },
);
export type CheckedReplies = Static<typeof CheckedReplies>;
