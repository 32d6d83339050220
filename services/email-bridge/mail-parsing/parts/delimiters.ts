/**
 * The lines of a message that may divide its parts: each begins with `--` (RFC 2046 section 5.1.1), and few others do.
 * They are looked up once, so that parts within parts cost no further pass over the bytes.
 */
const MAX_CANDIDATES = 20_000;
const MAX_BOUNDARY = 200;

interface Range {
  readonly from: number;
  readonly end: number;
}

interface Line {
  readonly at: number;
  /** Behind the line's end. */
  readonly next: number;
  /** Without `--` in front and without white space behind. */
  readonly text: string;
}

export class Delimiters {
  readonly #bytes: Buffer;
  readonly #lines: Line[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    let at = bytes[0] === 0x2d && bytes[1] === 0x2d ? 0 : bytes.indexOf('\n--') + 1;
    while ((at > 0 || this.#lines.length === 0) && this.#lines.length < MAX_CANDIDATES) {
      if (bytes[at] !== 0x2d) break;
      const newline = bytes.indexOf(0x0a, at);
      const next = newline === -1 ? bytes.length : newline + 1;
      if (next - at <= MAX_BOUNDARY + 10)
        this.#lines.push({ at, next, text: bytes.toString('latin1', at + 2, next).trimEnd() });
      at = bytes.indexOf('\n--', next - 1) + 1;
      if (at === 0) break;
    }
  }

  /** The parts of a body that this boundary divides; none if it is not there. The last one may lack its end. */
  split(body: Range, boundary: string): Range[] {
    const parts: Range[] = [];
    let open: number | undefined;
    for (const { at, next, text } of this.#within(body)) {
      const isEnd = text === `${boundary}--`;
      if (text !== boundary && !isEnd) continue;
      if (open !== undefined) parts.push({ from: open, end: this.#endBefore(at, open) });
      open = isEnd ? undefined : next;
      if (isEnd) break;
    }
    if (open !== undefined && open < body.end) parts.push({ from: open, end: body.end });
    return parts;
  }

  /**
   * The boundary that the body seems to have: that of the first delimiter with fields of a part below it. A blank line
   * below it says so only at the beginning: in the middle, a line of dashes is what people draw.
   */
  likely(body: Range): string | undefined {
    return this.#within(body).find(({ at, text, next }) => {
      if (text.replace(/^-+/, '') === '') return false;
      const below = this.#bytes.toString('latin1', next, Math.min(next + 80, body.end));
      if (/^content-[a-z-]{2,40}[ \t]*:/i.test(below)) return true;
      return (
        /^\r?\n/.test(below) && this.#bytes.toString('latin1', body.from, Math.min(at, body.from + 200)).trim() === ''
      );
    })?.text;
  }

  #within({ from, end }: Range): Line[] {
    let [low, high] = [0, this.#lines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle] as Line).at < from) low = middle + 1;
      else high = middle;
    }
    const first = low;
    while (low < this.#lines.length && (this.#lines[low] as Line).at < end) low += 1;
    return this.#lines.slice(first, low);
  }

  /** The line end before a delimiter belongs to the delimiter. */
  #endBefore(at: number, from: number): number {
    let end = at;
    if (end > from && this.#bytes[end - 1] === 0x0a) end -= 1;
    if (end > from && this.#bytes[end - 1] === 0x0d) end -= 1;
    return end;
  }
}
