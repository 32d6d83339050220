import PostalMime from 'postal-mime';

/** A message split into its parts (RFC 2045, RFC 2046). */
export interface Mime {
  /**
   * The headers of the message itself, in their order; names in lower case, values unfolded and otherwise as received.
   */
  readonly headers: readonly { readonly key: string; readonly value: string }[];
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
  readonly content: Uint8Array;
}

/**
 * Limits of the input, in bytes, lines, parts and levels. The parser works in one go on the only thread, and lines cost
 * it time and memory (4 to 10 s and 800 MB for 20 MB of plain text, as much for 20 MB of empty lines). So do parts, of
 * which a million fit into 4 MB. Each part is therefore cut where no reader would read on; the content of attachments
 * is not stored anyway.
 */
const MAX_BYTES = 25 * 1024 * 1024;
const MAX_PART_BYTES = 1024 * 1024;
const MAX_PART_LINES = 20_000;
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
const MAX_KEPT_LINES = 100_000;
const MAX_PARTS = 5_000;
const MAX_DEPTH = 50;
const MAX_HEADER_BYTES = 256 * 1024;
const MAX_TOP_HEADER_BYTES = 64 * 1024;
const MAX_RAW_TEXT = 200_000;

/** Parses a message. Never throws; content beyond a limit is left out. */
export async function parseMime(raw: Uint8Array): Promise<Mime> {
  const bounded = cutToLimits(raw);
  // A message inside a message is an attachment: a forwarded one was written to somebody else, and a returned one by
  // this service.
  const parser = new PostalMime({
    maxNestingDepth: MAX_DEPTH,
    maxHeadersSize: MAX_HEADER_BYTES,
    forceRfc822Attachments: true,
  });
  try {
    const email = await parser.parse(bounded);
    const attachments = email.attachments.map((one) => ({
      name: one.filename ?? '',
      type: one.mimeType,
      method: one.method ?? '',
      content: typeof one.content === 'string' ? Buffer.from(one.content) : new Uint8Array(one.content),
    }));
    return { headers: email.headers, texts: textsOf(parser, email), attachments };
  } catch {
    return parseUnstructured(bounded);
  }
}

interface TextItem {
  readonly type: string;
  readonly value: unknown;
}

/**
 * Reads the text parts from the parser's internal `textMap`. The public `text` is of no use: it joins all parts, and
 * converts HTML-only parts including their hidden text. The sample "HTML with hidden text beside a plain
 * text part" fails if a newer version moves the map.
 */
function textsOf(parser: PostalMime, email: { text?: string | undefined; html?: string | undefined }): Mime['texts'] {
  const { textMap } = parser as unknown as { textMap?: unknown };
  if (!(textMap instanceof Map))
    return [{ plain: email.html === undefined ? (email.text ?? '') : '', html: email.html ?? '' }];
  const joined = (items: readonly TextItem[] = []): string =>
    items.flatMap(({ type, value }) => (type === 'text' && typeof value === 'string' ? [value] : [])).join('\n');
  return [...(textMap as Map<unknown, { plain?: TextItem[]; html?: TextItem[] }>).values()].map(({ plain, html }) => ({
    plain: joined(plain),
    html: joined(html),
  }));
}

/** Cuts off each part that is too long, and then the message if it still is. */
function cutToLimits(raw: Uint8Array): Uint8Array {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, MAX_BYTES));
  const kept: Uint8Array[] = [];
  const all = { bytes: 0, lines: 0, parts: 0 };
  let part = { bytes: 0, lines: 0 };
  /** Bytes from here to `start` are kept, and not in `kept` yet. */
  let from = 0;
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const next = newline === -1 ? bytes.length : newline + 1;
    // Each boundary delimiter begins with `--` (RFC 2046 section 5.1.1), and few other lines do.
    if (bytes[start] === 0x2d && bytes[start + 1] === 0x2d) {
      all.parts += 1;
      part = { bytes: 0, lines: 0 };
    }
    part.bytes += next - start;
    part.lines += 1;
    all.lines += 1;
    if (part.bytes > MAX_PART_BYTES || part.lines > MAX_PART_LINES) {
      // One line may be as long as the message.
      const cut = Math.min(next, start + MAX_PART_BYTES);
      kept.push(bytes.subarray(from, cut));
      all.bytes += cut - from;
      const delimiter = bytes.indexOf('\n--', next - 1);
      from = start = delimiter === -1 ? bytes.length : delimiter + 1;
    } else {
      start = next;
    }
    if (all.parts > MAX_PARTS || all.lines > MAX_KEPT_LINES || all.bytes > MAX_KEPT_BYTES) break;
  }
  return kept.length === 0 ? bytes.subarray(0, start) : Buffer.concat([...kept, bytes.subarray(from, start)]);
}

/** Reads a message that the parser refuses: the headers up to a limit, and the undecoded body as its only text. */
async function parseUnstructured(raw: Uint8Array): Promise<Mime> {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const gap = /\r?\n\r?\n/.exec(bytes.toString('latin1', 0, MAX_HEADER_BYTES));
  const headersEnd = gap?.index ?? bytes.length;
  const cut = headersEnd <= MAX_TOP_HEADER_BYTES ? headersEnd : bytes.lastIndexOf(0x0a, MAX_TOP_HEADER_BYTES);
  const headers = await PostalMime.parse(bytes.subarray(0, Math.max(cut, 0))).then(
    (email) => email.headers,
    () => [],
  );
  const body = gap ? bytes.toString('utf8', headersEnd + gap[0].length, headersEnd + gap[0].length + MAX_RAW_TEXT) : '';
  return { headers, texts: [{ plain: body, html: '' }], attachments: [] };
}
