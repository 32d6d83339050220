import { createHash } from 'node:crypto';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import { authenticationOf } from './authentication.ts';
import { addressesOf, header, messageIds, referencesOf, senderOf, subjectOf } from './headers.ts';
import { hasNullReversePath } from './kind/automatic.ts';
import { classify } from './kind/classify.ts';
import { returnedMessageIds } from './kind/returned-mail.ts';
import { type Mime, parseMime } from './mime.ts';
import { sanitizeText } from './sanitize.ts';
import { attachmentsLine, invitationReply, textOfParts } from './text/message-text.ts';
import { stripQuotes } from './text/strip-quotes.ts';

export type { IncomingMessage };

/** UTF-16 units of the stored text and of the snippet. */
const MAX_TEXT = 100_000;
const MAX_SNIPPET = 500;

/**
 * Headers that name the recipients of a message, the most reliable first: a server or a program on the way adds all but
 * To and Cc.
 */
const RECIPIENT_HEADERS = [
  'delivered-to',
  'x-delivered-to',
  'x-original-to',
  'envelope-to',
  'x-envelope-to',
  'to',
  'cc',
];

/**
 * Reads a message (RFC 5322), from whichever source it came: bytes, parts, texts, kind, own words, headers. Never
 * throws, and is bounded in time and memory, whatever the bytes are; a field that cannot be read is ''.
 *
 * @param envelopeTo the recipients that the delivering server named (RCPT TO); empty where they are not known.
 * @param trustedAuthserv the name of the server whose Authentication-Results are believed; '' for none
 */
export async function readMessage(
  raw: Uint8Array,
  envelopeTo: readonly string[],
  trustedAuthserv = '',
): Promise<IncomingMessage> {
  const mime = await parseMime(raw);
  const from = senderOf(mime);
  const subject = subjectOf(mime);
  const written = sanitizeText(textOfParts(mime, 2 * MAX_TEXT), MAX_TEXT);
  const { kind, failures } = classify(mime, { from: from.address, subject, text: written });
  const text = sanitizeText(
    [written.trimEnd(), invitationReply(mime), attachmentsLine(mime)].filter((part) => part !== '').join('\n\n'),
    MAX_TEXT,
  );
  return {
    message_id: messageIds(header(mime, 'message-id'))[0] ?? fingerprint(raw, mime),
    from,
    null_reverse_path: hasNullReversePath(mime),
    authentication: authenticationOf(mime, trustedAuthserv),
    addressed_to: distinctAddresses([...envelopeTo, ...addressesOf(mime, RECIPIENT_HEADERS)]),
    references: [...new Set([...referencesOf(mime), ...(kind === 'bounce' ? returnedMessageIds(mime, written) : [])])],
    subject,
    kind,
    failures,
    text,
    snippet: stripQuotes(text, MAX_SNIPPET),
  };
}

/** The first spelling of each address; addresses that differ in case alone are one. */
function distinctAddresses(addresses: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const address of addresses) if (!byKey.has(address.toLowerCase())) byKey.set(address.toLowerCase(), address);
  return [...byKey.values()];
}

/** Bytes of the body that are text at once: one string of all of it takes many times its size in the heap. */
const HASHED_AT_ONCE = 64 * 1024;

/**
 * Replaces the Message-ID of a message that has none. The fingerprint is the same wherever the message is received, so
 * it leaves out what servers change on the way: their own headers, the kind of line ends, an empty last line.
 */
function fingerprint(raw: Uint8Array, mime: Mime): string {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const hash = createHash('sha256');
  for (const name of ['from', 'date', 'subject', 'in-reply-to', 'content-type'])
    hash.update(`${name}:${header(mime, name)}\n`);
  const gap = /\r?\n\r?\n/.exec(bytes.toString('latin1', 0, 512 * 1024));
  const end = gap ? endOfText(bytes) : 0;
  let from = gap ? gap.index + gap[0].length : 0;
  while (from < end) {
    let to = Math.min(from + HASHED_AT_ONCE, end);
    // CR and LF stay together.
    if (bytes[to - 1] === 0x0d && to < end) to += 1;
    hash.update(bytes.toString('latin1', from, to).replace(/\r\n/g, '\n'), 'latin1');
    from = to;
  }
  return `sha256:${hash.digest('hex')}`;
}

/** The index behind the last byte that is no white space of Latin-1. */
function endOfText(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && isSpace(bytes[end - 1] as number)) end -= 1;
  return end;
}

const isSpace = (byte: number): boolean => (byte >= 0x09 && byte <= 0x0d) || byte === 0x20 || byte === 0xa0;
