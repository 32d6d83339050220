import { createHash } from 'node:crypto';
import { attachmentsLine, calendarAnswer } from './text/message-text.ts';
import { isAutomatic, isList, isReport, reportType } from './kind/automatic.ts';
import { deliveryReport } from './kind/delivery-report.ts';
import { addressesOf, header, messageIds, referencesOf, sender, subjectOf } from './headers.ts';
import { type Mime, takeApart } from './mime.ts';
import { stripQuotes } from './text/strip-quotes.ts';
import { failuresIn, isReturnedMail, returnedIds } from './kind/returned-mail.ts';
import { storable } from './sanitize.ts';
import { visibleText } from './text/visible-html.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';

export type { IncomingMessage };

const MAX_TEXT = 100_000;
const MAX_SNIPPET = 500;

/** Where a server or a program says to whom a message was delivered, the surest first. */
const ADDRESSED = ['delivered-to', 'x-delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'to', 'cc'];

/**
 * What there is to know of a message (RFC 5322) that came in by whatever way. Never throws and is bounded in time and memory, whatever
 * the bytes are: what cannot be read is ''.
 *
 * @param envelopeTo whom the delivering server named as recipients, where that is known.
 */
export async function readMessage(raw: Uint8Array, envelopeTo: readonly string[]): Promise<IncomingMessage> {
  const mime = await takeApart(raw);
  const from = sender(mime);
  const subject = subjectOf(mime);
  const said = storable(
    mime.texts
      .map(readable)
      .filter((text) => text.trim() !== '')
      .join('\n\n'),
    MAX_TEXT,
  );
  const { kind, failures } = classified(mime, { from: from.address, subject, text: said });
  const text = storable(
    [said.trimEnd(), calendarAnswer(mime), attachmentsLine(mime)].filter((part) => part !== '').join('\n\n'),
    MAX_TEXT,
  );
  return {
    message_id: messageIds(header(mime, 'message-id'))[0] ?? fingerprint(raw, mime),
    from,
    addressed_to: distinct([...envelopeTo, ...addressesOf(mime, ADDRESSED)]),
    references: [...new Set([...referencesOf(mime), ...(kind === 'bounce' ? returnedIds(mime, said) : [])])],
    subject,
    kind,
    failures,
    text,
    snippet: stripQuotes(text, MAX_SNIPPET),
  };
}

/** Programs that send HTML only, or an empty text beside it, are common. */
const readable = ({ plain, html }: Mime['texts'][number]): string =>
  plain.trim() === '' && html !== '' ? visibleText(html) : plain;

interface Said {
  readonly from: string;
  readonly subject: string;
  readonly text: string;
}

function classified(mime: Mime, { from, subject, text }: Said): Pick<IncomingMessage, 'kind' | 'failures'> {
  const returned = isReturnedMail(mime, from, subject);
  // Somebody who forwards a bounce attaches the same report: then the message itself is no report.
  const report = isReport(mime) || returned ? deliveryReport(mime) : undefined;
  if (report) return { kind: report.failures.length > 0 ? 'bounce' : 'auto_reply', failures: report.failures };
  if (returned || reportType(mime) === 'delivery-status')
    return { kind: 'bounce', failures: failuresIn(mime, text, subject) };
  if (isAutomatic(mime, subject)) return { kind: 'auto_reply', failures: [] };
  return { kind: isList(mime) ? 'list' : 'reply', failures: [] };
}

/** Whatever their case. */
function distinct(addresses: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const address of addresses) if (!seen.has(address.toLowerCase())) seen.set(address.toLowerCase(), address);
  return [...seen.values()];
}

/**
 * Stands for the Message-ID of a message that has none: the same wherever it is received, so it leaves out what servers add on the way (the
 * headers of their own, the kind of line ends, a last empty line).
 */
function fingerprint(raw: Uint8Array, mime: Mime): string {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const gap = /\r?\n\r?\n/.exec(bytes.toString('latin1', 0, 512 * 1024));
  const body = gap
    ? bytes
        .subarray(gap.index + gap[0].length)
        .toString('latin1')
        .replace(/\r\n/g, '\n')
        .trimEnd()
    : '';
  const hash = createHash('sha256');
  for (const name of ['from', 'date', 'subject', 'in-reply-to', 'content-type'])
    hash.update(`${name}:${header(mime, name)}\n`);
  return `sha256:${hash.update(body, 'latin1').digest('hex')}`;
}
