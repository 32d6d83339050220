import { ErasedMissionEntity } from '@missions/persistence/tombstones.ts';
import { defineEntity, p } from '@mikro-orm/core';
import { ClosedOwnerEntity, closedOwnerTrigger } from '@missions/persistence/holdings/closed-owners.ts';
import {
  emailStatuses,
  type ReadingNote,
  type ReplyAuthentication,
  replyKinds,
} from '@missions/contracts/email/email.ts';
import { outboxEntities } from '@missions/persistence/schema.ts';
import type { OfferedCopy } from '../domain/outcomes.ts';
import type { Delivery, Recipient } from '../domain/state.ts';

/**
 * The bridge's tables (specification section 3.6). Properties bear the columns' names. The prepared statements beside
 * this file read and write the tables; a test compares these entities with the migrated schema.
 */
const EmailSchema = defineEntity({
  name: 'Email',
  tableName: 'email',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    user_id: p.text(),
    mission_id: p.uuid().nullable(),
    task_id: p.uuid().nullable(),
    /**
     * null in a tombstone only, as are all columns whose values are not known before the e-mail arrives: see
     * `columns.ts`.
     */
    token: p.text().nullable().unique('email_token_key'),
    message_id: p.text().nullable(),
    thread_id: p.text().nullable(),
    from_address: p.text().nullable(),
    reply_to: p.text().nullable(),
    to_addresses: p.json<readonly string[]>().nullable(),
    cc_addresses: p.json<readonly string[]>().nullable(),
    bcc_addresses: p.json<readonly string[]>().nullable(),
    subject: p.text().nullable(),
    body_text: p.text().nullable(),
    body_html: p.text().nullable(),
    reply_to_message_id: p.text().nullable(),
    expect_reply: p.boolean(),
    until: p.enum(['all', 'any']),
    status: p.enum([...emailStatuses]),
    recipients: p.json<readonly Recipient[]>(),
    follow_ups: p.integer(),
    last_follow_up_at: p.datetime(3).nullable(),
    last_error: p.text(),
    sent_at: p.datetime(3).nullable(),
    expires_at: p.datetime(3).nullable(),
    version: p.integer(),
    created_at: p.datetime(3),
    updated_at: p.datetime(3),
    /** Of the request, and so of what becomes of the e-mail. No part of the e-mail, so that it is not in `columns.ts`. */
    traceparent: p.text().nullable(),
  },
  indexes: [
    { name: 'email_of_user', properties: ['customer_id', 'user_id', 'created_at', 'id'] },
    { name: 'email_of_mission', properties: ['customer_id', 'mission_id'] },
  ],
  checks: [
    { name: 'email_is_requested', expression: "status = 'cancelled' or token is not null" },
    {
      name: 'email_is_whole',
      expression: `token is null or num_nulls(message_id, thread_id, from_address, reply_to, to_addresses, cc_addresses,
        bcc_addresses, subject, body_text) = 0`,
    },
    { name: 'email_has_its_deadline', expression: 'token is null or expect_reply = (expires_at is not null)' },
    { name: 'email_is_sent', expression: "(status <> 'sent' and status <> 'awaiting_reply') or sent_at is not null" },
    { name: 'email_counts', expression: 'follow_ups >= 0 and version >= 1' },
  ],
});
export class EmailEntity extends EmailSchema.class {}
EmailSchema.setClass(EmailEntity);

const MessageSchema = defineEntity({
  name: 'Message',
  tableName: 'message',
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    email: () =>
      p
        .manyToOne(EmailEntity)
        .joinColumns('customer_id', 'email_id')
        .ownColumns('email_id')
        .foreignKeyName('message_of_email')
        .deleteRule('cascade')
        .updateRule('no action')
        .index(false),
    number: p.integer(),
    message_id: p.text().unique('message_message_id_key'),
    status: p.enum(['queued', 'sent', 'failed', 'dropped']),
    deliveries: p.json<readonly Delivery[]>(),
    body_text: p.text(),
    body_html: p.text().nullable(),
    attempts: p.integer().default(0),
    /** null unless the message is queued. */
    next_attempt_at: p.datetime(3).nullable(),
    /** The copies that the attempt in progress has offered to the server, so that a crash repeats none of them. */
    offered: p.json<readonly OfferedCopy[]>().default('[]'),
    /** The end of the lease: until then, other copies of the service skip the message. */
    locked_until: p.datetime(3).nullable(),
    last_error: p.text().default(''),
    sent_at: p.datetime(3).nullable(),
    created_at: p.datetime(3),
  },
  indexes: [{ name: 'message_due', properties: ['next_attempt_at'], where: "status = 'queued'" }],
  uniques: [{ name: 'message_number_key', properties: ['customer_id', 'email', 'number'] }],
  checks: [
    { name: 'message_is_due', expression: "(status = 'queued') = (next_attempt_at is not null)" },
    { name: 'message_is_sent', expression: "status <> 'sent' or sent_at is not null" },
  ],
});
export class MessageEntity extends MessageSchema.class {}
MessageSchema.setClass(MessageEntity);

const ReplySchema = defineEntity({
  name: 'Reply',
  tableName: 'reply',
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    email: () =>
      p
        .manyToOne(EmailEntity)
        .joinColumns('customer_id', 'email_id')
        .ownColumns('email_id')
        .foreignKeyName('reply_to_email')
        .deleteRule('cascade')
        .updateRule('no action')
        .index(false),
    message_id: p.text(),
    kind: p.enum([...replyKinds]),
    recipient: p.text().nullable(),
    from_address: p.text(),
    from_name: p.text(),
    received_at: p.datetime(3),
    snippet: p.text(),
    body_text: p.text(),
    parsed_response: p.json<Record<string, unknown>>().nullable(),
    notified_at: p.datetime(3).nullable(),
    authentication: p.json<ReplyAuthentication>().nullable(),
    reading: p.json<ReadingNote[]>().nullable(),
    noted: p.boolean().default(false),
  },
  indexes: [
    { name: 'reply_of_email', properties: ['customer_id', 'email', 'received_at', 'id'] },
    { name: 'reply_message_id', properties: ['customer_id', 'message_id'] },
  ],
  uniques: [{ name: 'reply_message_key', properties: ['customer_id', 'email', 'message_id'] }],
  checks: [
    { name: 'reply_snippet_check', expression: 'length(snippet) <= 500' },
    { name: 'reply_body_text_check', expression: 'length(body_text) <= 100000' },
  ],
});
export class ReplyEntity extends ReplySchema.class {}
ReplySchema.setClass(ReplyEntity);

/** The recipients' own addresses. E-mails of the first version have none; their replies come to the e-mail's token. */
const ReplyAddressSchema = defineEntity({
  name: 'ReplyAddress',
  tableName: 'reply_address',
  properties: {
    token: p.text().primary(),
    customer_id: p.text(),
    email: () =>
      p
        .manyToOne(EmailEntity)
        .joinColumns('customer_id', 'email_id')
        .ownColumns('email_id')
        .foreignKeyName('reply_address_of_email')
        .deleteRule('cascade')
        .updateRule('no action')
        .index(false),
    /** As `addressKey`. */
    recipient: p.text(),
  },
  uniques: [{ name: 'reply_address_recipient_key', properties: ['customer_id', 'email', 'recipient'] }],
  indexes: [{ name: 'reply_address_of_recipient', properties: ['customer_id', 'recipient'] }],
});
export class ReplyAddressEntity extends ReplyAddressSchema.class {}
ReplyAddressSchema.setClass(ReplyAddressEntity);

const MailboxCursorSchema = defineEntity({
  name: 'MailboxCursor',
  tableName: 'mailbox_cursor',
  properties: {
    mailbox: p.text().primary(),
    uidvalidity: p.bigint('string'),
    last_uid: p.bigint('number'),
    first_read_since: p.datetime(3).nullable(),
  },
});
export class MailboxCursorEntity extends MailboxCursorSchema.class {}
MailboxCursorSchema.setClass(MailboxCursorEntity);

const UnreadMailSchema = defineEntity({
  name: 'UnreadMail',
  tableName: 'unread_mail',
  properties: {
    key: p.text().primary(),
    via: p.enum(['smtp', 'lmtp', 'imap', 'webhook']),
    reverse_path: p.text(),
    recipients: p.json<readonly string[]>(),
    size: p.integer(),
    tries: p.integer(),
    reason: p.text().default(''),
    /** The first bytes, once it is set aside. */
    head: p.blob().nullable(),
    received_at: p.datetime(3),
    set_aside_at: p.datetime(3).nullable(),
  },
  indexes: [{ name: 'unread_mail_set_aside', properties: ['set_aside_at', 'key'] }],
});
export class UnreadMailEntity extends UnreadMailSchema.class {}
UnreadMailSchema.setClass(UnreadMailEntity);

const FileToEraseSchema = defineEntity({
  name: 'FileToErase',
  tableName: 'file_to_erase',
  properties: {
    file: p.text().primary(),
    mission_id: p.uuid().index('file_to_erase_mission_id'),
    /** Until then, a sender may still be writing the file. */
    held_until: p.datetime(3),
  },
});
export class FileToEraseEntity extends FileToEraseSchema.class {}
FileToEraseSchema.setClass(FileToEraseEntity);

/** Mail of the product to one of its users. Its texts are empty when it has left. */
const NoticeSchema = defineEntity({
  name: 'Notice',
  tableName: 'notice',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    id: p.uuid().primary(),
    user_id: p.text(),
    mission_id: p.uuid().nullable(),
    to_address: p.text(),
    /** Of its address for replies, which nobody reads: who replies is told so once. */
    token: p.text().unique('notice_token_key'),
    subject: p.text(),
    body_text: p.text(),
    body_html: p.text(),
    headers: p.json<Record<string, string>>(),
    status: p.enum(['queued', 'sent', 'failed', 'withdrawn']),
    attempts: p.integer().default(0),
    next_attempt_at: p.datetime(3).nullable(),
    locked_until: p.datetime(3).nullable(),
    last_error: p.text().default(''),
    created_at: p.datetime(3),
    sent_at: p.datetime(3).nullable(),
    reply_told_at: p.datetime(3).nullable(),
    /** Set when the server takes its text, until what became of it is known. */
    leaving_until: p.datetime(3).nullable(),
    /** Of its reader, BCP 47. */
    language: p.text().default('en'),
    /** Of its reader: when it does not leave. */
    quiet: p.json<{ from: string; until: string }[]>().nullable(),
  },
  indexes: [
    { name: 'notice_due', properties: ['next_attempt_at'], where: "status = 'queued'" },
    { name: 'notice_of_mission', properties: ['customer_id', 'mission_id'] },
  ],
  checks: [{ name: 'notice_is_due', expression: "(status = 'queued') = (next_attempt_at is not null)" }],
});
class NoticeEntity extends NoticeSchema.class {}
NoticeSchema.setClass(NoticeEntity);

export const emailEntities = [
  EmailEntity,
  MessageEntity,
  ReplyEntity,
  ReplyAddressEntity,
  ErasedMissionEntity,
  MailboxCursorEntity,
  UnreadMailEntity,
  FileToEraseEntity,
  NoticeEntity,
  ClosedOwnerEntity,
  ...outboxEntities,
];
