import { setTimeout as pause } from 'node:timers/promises';

/** An entry of a mission's history, as the user's stream sent it. */
export interface StreamEntry {
  readonly id: string;
  readonly mission_id: string;
  readonly sequence: number;
  readonly created_at: string;
  /** Counts the connections: a replay after a new one may repeat entries. */
  readonly connection: number;
}

/** A browser that shows a user's stream: it connects again whenever the stream ends, with `Last-Event-ID`. */
export interface StreamRecorder {
  readonly entries: readonly StreamEntry[];
  close(): Promise<void>;
}

export interface RecordedStream {
  readonly origin: string;
  readonly headers: Record<string, string>;
  /** The mission service's clock is behind the one that ids are made by. */
  readonly behindMs: number;
}

/** @returns once the stream is open, so that every later entry belongs into it */
export async function recordStream({ origin, headers, behindMs }: RecordedStream): Promise<StreamRecorder> {
  const closing = new AbortController();
  const entries: StreamEntry[] = [];
  const opened = Promise.withResolvers<void>();
  let last: string | undefined;
  const keepReading = async (): Promise<void> => {
    for (let connection = 1; !closing.signal.aborted; connection++) {
      try {
        const lastEventId = last === undefined ? {} : { 'last-event-id': earlier(last, behindMs) };
        const response = await fetch(`${origin}/api/v1/stream`, {
          headers: { ...headers, ...lastEventId },
          signal: closing.signal,
        });
        if (response.status !== 200 || !response.body) throw new Error(`${response.status} ${await response.text()}`);
        opened.resolve();
        for await (const { id, mission_id, sequence, created_at } of eventsOf(response.body)) {
          entries.push({ id, mission_id, sequence, created_at, connection });
          last = id;
        }
      } catch {
        // The gateway or what is behind it is away: the browser comes back.
        await pause(250);
      }
    }
  };
  const reading = keepReading();
  await opened.promise;
  return {
    entries,
    async close() {
      closing.abort();
      await reading;
    },
  };
}

/** The id (UUIDv7, RFC 9562) with its time so much earlier. */
function earlier(id: string, milliseconds: number): string {
  const digits = id.replaceAll('-', '');
  const time = (Number.parseInt(digits.slice(0, 12), 16) - milliseconds).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${id.slice(13)}`;
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<any> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true });
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const event of whole) {
      const data = event.split('\n').find((line) => line.startsWith('data: '));
      if (data) yield JSON.parse(data.slice('data: '.length));
    }
  }
}
