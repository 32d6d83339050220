import { createHash } from 'node:crypto';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import { authenticationOf } from './authentication.ts';
import { addressesOf, authorBehindList, header, messageIds, referencesOf, senderOf, subjectOf } from './headers.ts';
import { hasNullReversePath } from './kind/automatic.ts';
import { classify } from './kind/classify.ts';
import { returnedMessageIds } from './kind/returned-mail.ts';
import { ownWords, shortened } from './own-words/own-words.ts';
import { type Mime, parseMime } from './parts/mime.ts';
import { ReadingNotes } from './reading.ts';
import { sanitizeText } from './sanitize.ts';
import { calendarLine } from './text/calendar.ts';
import { attachmentsLine, textOfParts } from './text/message-text.ts';

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
 * Reads a message (RFC 5322), from whichever source it came, in stages: bytes → parts → texts → kind and recipients → own
 * words. Each stage notes what it leaves out, and where it has to guess. Never throws, and is bounded in time and memory,
 * whatever the bytes are; a field that cannot be read is ''.
 *
 * @param envelopeTo the recipients that the delivering server named (RCPT TO); empty where they are not known.
 * @param trustedAuthserv the name of the server whose Authentication-Results are believed; '' for none
 */
export function readMessage(raw: Uint8Array, envelopeTo: readonly string[], trustedAuthserv = ''): IncomingMessage {
  const notes = new ReadingNotes();
  const mime = parseMime(raw, notes);
  const subject = subjectOf(mime);
  const written = sanitizeText(textOfParts(mime, 2 * MAX_TEXT, notes), MAX_TEXT).trimEnd();
  const sender = senderOf(mime);
  const { kind, failures, unnamed_failure } = classify(mime, { from: sender.address, subject, text: written }, notes);
  const author = kind === 'list' ? authorBehindList(mime, sender) : undefined;
  if (author) notes.say('kind', 'the address in From', 'a mailing list has put it there');
  const from = author ?? sender;
  const extras = [calendarLine(mime), attachmentsLine(mime)].filter((part) => part !== '').join('\n\n');
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
    unnamed_failure,
    text: sanitizeText(joined(written, extras), MAX_TEXT),
    snippet: snippetOf(written, extras, { name: from.name, subject }, notes),
    reading: notes.all,
  };
}

const joined = (...texts: readonly string[]): string => texts.filter((one) => one !== '').join('\n\n');

/** The sender's own words, and what the message has besides text: an agent must not miss that something is attached. */
function snippetOf(
  written: string,
  extras: string,
  author: { name: string; subject: string },
  notes: ReadingNotes,
): string {
  const added = shortened(extras, MAX_SNIPPET / 2);
  const room = MAX_SNIPPET - (added === '' ? 0 : added.length + 2);
  return joined(shortened(ownWords(written, author, notes), room), added);
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
