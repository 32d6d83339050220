import { counted, type ReadingNotes } from '../reading.ts';
import { decodeBytes } from './charset.ts';
import { Delimiters } from './delimiters.ts';
import { unflow } from './flowed.ts';
import { type HeaderField, parseParameters, type Parameterized, readHeaderBlock } from './header-fields.ts';
import { decodeTransfer, transferEncoding } from './transfer.ts';

/** A message split into its parts (RFC 2045, RFC 2046). */
export interface Mime {
  /** The headers of the message itself, in their order. */
  readonly headers: readonly HeaderField[];
  /**
   * The text parts in their order, each with its plain and its HTML alternative; '' for an alternative that it has not.
   */
  readonly texts: readonly { readonly plain: string; readonly html: string }[];
  readonly attachments: readonly Attachment[];
}

export interface Attachment {
  readonly name: string;
  readonly type: string;
  /** The `method` of a calendar part (RFC 5546); '' for any other part. */
  readonly method: string;
  /** Of the types that are read: calendars, reports, returned messages and text; of any other it is empty. */
  readonly content: Uint8Array;
}

/**
 * Limits of the input, in bytes, lines, parts and levels. Only what is read is decoded: parts of text up to a size that
 * no reader would read on behind, and the beginning of what belongs to the format. Everything else is named only.
 */
const MAX_BYTES = 25 * 1024 * 1024;
const MAX_TEXT_BYTES = 1024 * 1024;
const MAX_TEXT_LINES = 20_000;
const MAX_ALL_TEXT_BYTES = 4 * 1024 * 1024;
const MAX_CONTENT_BYTES = 200_000;
const MAX_ALL_CONTENT_BYTES = 2 * 1024 * 1024;
const MAX_PARTS = 5_000;
const MAX_DEPTH = 50;

/** Parts whose content is read. */
const READ_TYPES = /^(?:message\/|text\/|application\/(?:ics|calendar\b|octet-stream$))/;

interface Range {
  readonly from: number;
  readonly end: number;
}

interface TextPart {
  readonly plain: string[];
  readonly html: string[];
}

/** Splits a message. Never throws; what is beyond a limit is left out, and noted. */
export function parseMime(raw: Uint8Array, notes: ReadingNotes): Mime {
  return new Splitter(Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, MAX_BYTES)), notes).split();
}

class Splitter {
  readonly #bytes: Buffer;
  readonly #notes: ReadingNotes;
  readonly #delimiters: Delimiters;
  readonly #texts: TextPart[] = [];
  readonly #attachments: Attachment[] = [];
  readonly #charsets: string[] = [];
  #parts = 0;
  #textBytes = 0;
  #contentBytes = 0;

  constructor(bytes: Buffer, notes: ReadingNotes) {
    this.#bytes = bytes;
    this.#notes = notes;
    this.#delimiters = new Delimiters(bytes);
  }

  split(): Mime {
    const block = readHeaderBlock(this.#bytes, headersAt(this.#bytes), this.#bytes.length);
    this.#entity(
      block.fields,
      { from: block.bodyAt, end: this.#bytes.length },
      { depth: 0, within: '', text: undefined },
    );
    if (this.#parts > MAX_PARTS) this.#notes.doubt('parts', 'further parts', `there are more than ${MAX_PARTS}`);
    const texts = this.#texts.map(({ plain, html }) => ({ plain: plain.join('\n'), html: html.join('\n') }));
    return { headers: block.fields, texts, attachments: this.#attachments };
  }

  #entity(
    fields: readonly HeaderField[],
    body: Range,
    { depth, within, text }: { depth: number; within: string; text: TextPart | undefined },
  ): void {
    if (++this.#parts > MAX_PARTS) return;
    const type = contentType(fields, within);
    if (type.value.startsWith('multipart/') && depth < MAX_DEPTH) {
      const parts = this.#partsOf(type, body);
      const isAlternative = type.value === 'multipart/alternative';
      const shared = text ?? (isAlternative ? this.#newText() : undefined);
      for (const { from, end } of parts) {
        const block = readHeaderBlock(this.#bytes, from, end);
        this.#entity(block.fields, { from: block.bodyAt, end }, { depth: depth + 1, within: type.value, text: shared });
      }
      if (parts.length > 0 || body.from >= body.end) return;
      this.#notes.doubt('parts', 'the division into parts', 'the message announces parts and has none');
    }
    this.#leaf(fields, type, body, { within, text });
  }

  #partsOf(type: Parameterized, body: Range): Range[] {
    const boundary = type.parameters.get('boundary') ?? '';
    const declared = boundary === '' ? [] : this.#delimiters.split(body, boundary);
    if (declared.length > 0) return declared;
    const found = this.#delimiters.likely(body);
    if (found === undefined) return [];
    this.#notes.doubt('parts', 'the declared boundary', 'it is nowhere in the message, and another one is');
    return this.#delimiters.split(body, found);
  }

  #leaf(
    fields: readonly HeaderField[],
    type: Parameterized,
    body: Range,
    { within, text }: { within: string; text: TextPart | undefined },
  ): void {
    const disposition = parseParameters(valueOf(fields, 'content-disposition'));
    const isMultipart = type.value.startsWith('multipart/');
    const isText = /^text\/(?:plain|html)$/.test(type.value) || isMultipart;
    if (isText && disposition.value !== 'attachment') {
      const isHtml = type.value === 'text/html';
      const words = this.#text(fields, type, body, isHtml);
      const part = text ?? this.#newText();
      (isHtml ? part.html : part.plain).push(words);
      return;
    }
    // AMP and the like: another form of what the message says in text.
    if (within === 'multipart/alternative' && /^text\/(?!calendar)/.test(type.value)) return;
    const name = disposition.parameters.get('filename') ?? type.parameters.get('name') ?? '';
    const method = /calendar|ics/.test(type.value) ? (type.parameters.get('method') ?? '').toUpperCase() : '';
    this.#attachments.push({ name, type: type.value, method, content: this.#content(fields, type, body) });
  }

  #content(fields: readonly HeaderField[], { value }: Parameterized, body: Range): Uint8Array {
    if (!READ_TYPES.test(value) || this.#contentBytes >= MAX_ALL_CONTENT_BYTES) return new Uint8Array();
    const encoding = transferEncoding(valueOf(fields, 'content-transfer-encoding'));
    const content = decodeTransfer(this.#bytes.subarray(body.from, body.end), encoding, MAX_CONTENT_BYTES);
    this.#contentBytes += content.length;
    return content;
  }

  #text(fields: readonly HeaderField[], { parameters }: Parameterized, body: Range, isHtml: boolean): string {
    const left = Math.min(MAX_TEXT_BYTES, MAX_ALL_TEXT_BYTES - this.#textBytes);
    if (left <= 0) {
      this.#notes.doubt('parts', 'further parts of text', 'the text is too long');
      return '';
    }
    const encoding = transferEncoding(valueOf(fields, 'content-transfer-encoding'));
    const size = body.end - body.from;
    const decoded = decodeTransfer(this.#bytes.subarray(body.from, body.end), encoding, left);
    const bytes = withinLines(decoded, MAX_TEXT_LINES);
    if (size > 2 * left || bytes.length < decoded.length)
      this.#notes.doubt(
        'parts',
        'the end of a text',
        `it has more than ${counted(MAX_TEXT_LINES, 'line')}, or is too long`,
      );
    this.#textBytes += bytes.length;
    const declared = parameters.get('charset');
    const { text, doubt } = decodeBytes(bytes, { declared, isHtml, elsewhere: this.#charsets });
    if (doubt !== '') this.#notes.doubt('texts', 'the charset', doubt);
    if (declared !== undefined && this.#charsets.length < 10) this.#charsets.push(declared);
    const isFlowed = !isHtml && (parameters.get('format') ?? '').toLowerCase() === 'flowed';
    return isFlowed ? unflow(text, (parameters.get('delsp') ?? '').toLowerCase() === 'yes') : text;
  }

  #newText(): TextPart {
    const part = { plain: [], html: [] };
    this.#texts.push(part);
    return part;
  }
}

const valueOf = (fields: readonly HeaderField[], name: string): string =>
  fields.find(({ key }) => key === name)?.value ?? '';

/** RFC 2045 section 5.2: a part without a type, or with one that cannot be read, is plain text; in a digest it is a message (RFC 2046 section 5.1.5). */
function contentType(fields: readonly HeaderField[], within: string): Parameterized {
  const type = parseParameters(valueOf(fields, 'content-type'));
  if (/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(type.value)) return type;
  const isMessage = within === 'multipart/digest' && type.value === '';
  return { ...type, value: isMessage ? 'message/rfc822' : 'text/plain' };
}

/** Behind the envelope line of a mailbox file (RFC 4155) and blank lines, which programs put on top of the headers. */
function headersAt(bytes: Buffer): number {
  const start = bytes.toString('latin1', 0, 2_000);
  const skipped = /^(?:[ \t]*\r?\n){0,10}(?:>?From [^\r\n]{1,300}\r?\n)?/.exec(start)?.[0] ?? '';
  return skipped !== '' && /^[!-9;-~]{1,100}[ \t]*:/.test(start.slice(skipped.length)) ? skipped.length : 0;
}

function withinLines(bytes: Buffer, lines: number): Buffer {
  let at = 0;
  for (let count = 0; count < lines; count += 1) {
    at = bytes.indexOf(0x0a, at) + 1;
    if (at === 0) return bytes;
  }
  return bytes.subarray(0, at);
}
