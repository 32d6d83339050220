import type { ReadingNote, ReplyAuthentication } from '@missions/contracts/email/email.ts';
import type { Email, Recipient, StoredReply } from './state.ts';

/** Reading a message took too much time or memory, or failed. The same will most likely happen again. */
export class UnreadableMessage extends Error {}

/** A message from outside, as `mail-parsing/message.ts` reads it. All of it is the word of a stranger. */
export interface IncomingMessage {
  /** RFC 5322 `msg-id` with its brackets; `sha256:<hex of the raw message>` if it is missing or unusable. */
  readonly message_id: string;
  /** `address` is '' if it cannot be read. */
  readonly from: { readonly name: string; readonly address: string };
  /**
   * The envelope's sender was empty (RFC 5321 section 4.5.5): only machines send so. By the topmost Return-Path, which
   * the last server wrote.
   */
  readonly null_reverse_path: boolean;
  /** What the trusted server found out about the sender; null if it says nothing, or none is trusted. */
  readonly authentication: ReplyAuthentication | null;
  /** Envelope, Delivered-To, X-Original-To, Envelope-To, To, Cc: bare addresses in that order, distinct. */
  readonly addressed_to: readonly string[];
  /** In-Reply-To, then References newest first; for a bounce also the Message-ID of the returned message. */
  readonly references: readonly string[];
  readonly subject: string;
  readonly kind: 'reply' | 'auto_reply' | 'bounce' | 'list';
  /** The recipients that a bounce reports (RFC 3464). */
  readonly failures: readonly {
    readonly recipient: string;
    readonly permanent: boolean;
    readonly status: string;
    readonly reason: string;
  }[];
  /**
   * What a bounce that names nobody says about whoever the message was for; null if it names somebody, or is no bounce.
   */
  readonly unnamed_failure: Pick<IncomingMessage['failures'][number], 'permanent' | 'status' | 'reason'> | null;
  /** At most 100,000 characters, storable: no NUL, well-formed. */
  readonly text: string;
  /** At most 500 characters, without quoted history and signature. */
  readonly snippet: string;
  /** What the reading left out and where it had to guess, in this program's own words. */
  readonly reading: readonly ReadingNote[];
}

/**
 * Reads a raw message, which is given away: its bytes may be gone afterwards. `envelopeTo`: the RCPT addresses of its
 * delivery, where they are known. `begin` is awaited before the message is touched, after the messages before it.
 */
export type ReadMessage = (
  raw: Uint8Array,
  envelopeTo: readonly string[],
  begin?: () => Promise<void>,
) => Promise<IncomingMessage>;

/** Lengths in characters; the database has no more room, and a stranger chooses the text. */
const MAX_MESSAGE_ID = 998;
const MAX_ADDRESS = 320;
const MAX_NAME = 500;
const MAX_SNIPPET = 500;
const MAX_TEXT = 100_000;

/** The key by which a message that arrives again is recognized. */
export const messageKey = ({ message_id }: IncomingMessage): string => storable(message_id, MAX_MESSAGE_ID);

/** The reply that is stored for a message. `sender` is the recipient whose message it is, if there is one. */
export const storedReplyOf = (
  email: Email,
  sender: Recipient | undefined,
  { id, message, at }: { readonly id: string; readonly message: IncomingMessage; readonly at: string },
): Omit<StoredReply, 'noted'> => ({
  id,
  message_id: messageKey(message),
  kind: kindOf(email, sender, message),
  recipient: sender?.address ?? null,
  from_address: storable(message.from.address, MAX_ADDRESS),
  from_name: storable(message.from.name, MAX_NAME),
  received_at: at,
  snippet: storable(message.snippet, MAX_SNIPPET),
  body_text: storable(message.text, MAX_TEXT),
  authentication: message.authentication,
  reading: message.reading,
});

/** The domain of From asks that mail like this be refused (RFC 7489): nobody knows who wrote it. */
export const isForged = ({ authentication }: IncomingMessage): boolean => authentication?.dmarc === 'fail';

/**
 * A message from a mailing list is a person's reply only if that person is an expected recipient and the message names
 * one of ours; any other is an automatic message of the list. A sender who got the e-mail is known. A message of
 * anybody else is stored because of its token, and not counted.
 */
function kindOf(
  { messages }: Email,
  sender: Recipient | undefined,
  { kind, references }: IncomingMessage,
): StoredReply['kind'] {
  if (kind === 'bounce' || kind === 'auto_reply') return kind;
  if (kind === 'list') {
    const namesOurs = messages.some(({ message_id }) => references.includes(message_id));
    return sender?.expected && namesOurs ? 'reply' : 'auto_reply';
  }
  return sender ? 'reply' : 'unattributed';
}

/** PostgreSQL refuses U+0000, and the cut may separate a pair of surrogates. */
const storable = (text: string, length: number): string =>
  text.slice(0, length).replaceAll('\u0000', '').toWellFormed();
