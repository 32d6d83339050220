/** One dispatched event of a stream. */
export interface ServerSentEvent {
  /** `message` if the stream names none. */
  readonly name: string;
  /** The last id of the stream so far, for `Last-Event-ID`. */
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Parses `text/event-stream` (WHATWG HTML section 9.2.6) incrementally, from chunks of any length.
 */
export class ServerSentReader {
  /** The reconnection time that the server sent, in ms. */
  retryMs: number | undefined;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #id: string | undefined;
  #name = '';
  #data: string[] = [];

  /** The events that are complete after this chunk. */
  push(chunk: Uint8Array): ServerSentEvent[] {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    const events: ServerSentEvent[] = [];
    // A carriage return at the end of the chunk may be the first half of CRLF.
    for (let end; (end = /\r\n|\n|\r(?!$)/.exec(this.#rest));) {
      const line = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      if (line !== '') this.#field(line);
      else {
        if (this.#data.length > 0)
          events.push({ name: this.#name || 'message', id: this.#id, data: this.#data.join('\n') });
        this.#data = [];
        this.#name = '';
      }
    }
    return events;
  }

  #field(line: string): void {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#name = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
  }
}
