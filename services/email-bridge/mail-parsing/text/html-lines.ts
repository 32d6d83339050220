/**
 * Lays out the text of HTML in lines, as a browser would in one column: blocks begin on a line of their own, paragraphs
 * with a blank line above, `<br>` ends a line, cells of a row are divided by tabs.
 */
export class HtmlLines {
  readonly #lines: string[] = [];
  readonly #limit: number;
  #line = '';
  #length = 0;
  #needsBlank = false;
  /** How deep the blank line stands: outside of the quote that begins or ends there. */
  #blankDepth = 0;
  #spaceBefore = false;
  /** Put in front of the next text: the mark of a list's item. */
  #mark = '';
  /** How deep in quotes the text stands. */
  depth = 0;

  /** @param limit UTF-16 units, beyond which text is left out */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#length >= this.#limit;
  }

  get isAtStart(): boolean {
    return this.#line === '';
  }

  /** Text whose white space means nothing. */
  text(text: string): void {
    const words = text.replace(/[ \t\r\n\f]+/g, ' ');
    if (words === '' || this.isFull) return;
    if (words === ' ') {
      this.#spaceBefore = true;
      return;
    }
    const startsWithSpace = words.startsWith(' ') || this.#spaceBefore;
    this.#spaceBefore = words.endsWith(' ');
    this.#write(`${startsWithSpace && this.#line !== '' && !/[ \t]$/.test(this.#line) ? ' ' : ''}${words.trim()}`);
  }

  /** Text in `<pre>`. */
  preformatted(text: string): void {
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (index > 0) this.endLine();
      if (line !== '') this.#write(line);
    }
  }

  #write(text: string): void {
    if (this.isFull) return;
    if (this.#needsBlank && this.#lines.length > 0 && this.#line === '' && !isBlank(this.#lines.at(-1) as string))
      this.#push('', Math.min(this.#blankDepth, this.depth));
    this.#needsBlank = false;
    this.#line += `${this.#mark}${text}`;
    this.#mark = '';
    this.#length += text.length;
  }

  /** `<br>`, or the end of a line as it is written. */
  endLine(): void {
    this.#push(this.#line);
    this.#line = '';
    this.#spaceBefore = false;
  }

  /** A block begins or ends here; `apart`: with a blank line between. */
  block(apart = false): void {
    if (this.#line !== '') this.endLine();
    this.#spaceBefore = false;
    if (!apart) return;
    this.#blankDepth = this.#needsBlank ? Math.min(this.#blankDepth, this.depth) : this.depth;
    this.#needsBlank = true;
  }

  cell(): void {
    if (this.#line !== '' && !this.#line.endsWith('\t')) this.#line += '\t';
    this.#spaceBefore = false;
  }

  item(mark: string): void {
    this.block();
    this.#mark = mark;
  }

  /** A line of its own. */
  rule(line: string): void {
    this.block();
    this.#write(line);
    this.block();
  }

  toString(): string {
    this.block();
    return this.#lines.join('\n');
  }

  #push(line: string, depth = this.depth): void {
    if (this.isFull && this.#line === '') return;
    this.#length += 1;
    const text = line.trimEnd();
    this.#lines.push(depth > 0 ? `${'>'.repeat(Math.min(depth, 20))} ${text}`.trimEnd() : text);
  }
}

const isBlank = (line: string): boolean => /^>*\s*$/.test(line);
