/** One event of a stream, as it was dispatched. */
export interface ServerSent {
  /** The last id that the stream named, for `Last-Event-ID`. */
  readonly id: string | undefined;
  readonly data: string;
}

/** Reads `text/event-stream` (WHATWG HTML section 9.2.6) as it comes in, in pieces of any length. The type of an event is not looked at. */
export class ServerSentReader {
  /** How long the server asks to wait before coming back, in ms. */
  retryMs: number | undefined;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #id: string | undefined;
  #data: string[] = [];

  /** The events that are complete with this piece. */
  push(piece: Uint8Array): ServerSent[] {
    this.#rest += this.#decoder.decode(piece, { stream: true });
    const sent: ServerSent[] = [];
    // A carriage return at the end may be half of a line's end.
    for (let end; (end = /\r\n|\n|\r(?!$)/.exec(this.#rest));) {
      const line = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      if (line !== '') this.#field(line);
      else if (this.#data.length > 0) {
        sent.push({ id: this.#id, data: this.#data.join('\n') });
        this.#data = [];
      }
    }
    return sent;
  }

  #field(line: string): void {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
  }
}
