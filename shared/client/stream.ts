import type { ResponseOf, Operation } from '@missions/contracts/rest/operation.ts';
import type { Received } from './attempt.ts';
import { json, pause, refused, unanswered } from './call.ts';
import { type Failure, networkFailure } from './failure.ts';
import { MissionsError } from './missions-error.ts';
import { prepare } from './request.ts';
import { waitBeforeRetry } from './retry.ts';
import { ServerSentReader } from './server-sent.ts';
import type { Settings } from './options.ts';

export interface StreamOptions {
  /** Ends the stream, which then throws its reason. */
  readonly signal?: AbortSignal;
  /** Of an event that was received before, perhaps by an earlier process: what has happened since comes first. Events of the minute before it may come again. */
  readonly lastEventId?: string;
  /** Failures in a row after which it gives up. Default: as for any call until it was open once, and from then on none. */
  readonly retries?: number;
  /** A connection on which nothing comes for so long is dead, and another one is made; the gateway sends something every 15 s. */
  readonly silenceMs?: number;
  /** Called whenever it is open: what happens from then on will be told. */
  readonly onOpen?: () => void;
  readonly requestId?: string;
  readonly traceparent?: string;
}

const SILENCE_MS = 45_000;
/** Longer than the gateway goes back before the last id. */
const REMEMBER_MS = 180_000;
const RETRY_MS = 2_000;

/**
 * What a stream tells, each event once, over as many connections as it takes:
 *
 *     connect ──200──▶ read ──end, failure, silence──▶ wait ──▶ connect, with Last-Event-ID ──▶ …
 *        ╰──refused for good──▶ throws
 *
 * @throws {MissionsError}, or the reason of the caller's signal.
 */
export async function* stream<O>(
  settings: Settings,
  operation: O,
  options: StreamOptions = {},
): AsyncGenerator<ResponseOf<O>, void, undefined> {
  const { signal, silenceMs = SILENCE_MS, onOpen } = options;
  const request = prepare(settings, operation as unknown as Operation, {}, options);
  const seen = new Map<string, number>();
  let lastEventId = options.lastEventId;
  let retryMs = RETRY_MS;
  let wasOpen = false;
  for (let attempts = 1; ; attempts += 1) {
    signal?.throwIfAborted();
    const line = new Line(signal);
    let outcome: Received | Failure;
    try {
      const headers = {
        ...request.headers,
        Accept: 'text/event-stream, application/problem+json',
        ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
      };
      const response = await line.within(
        settings.timeoutMs,
        settings.fetch(request.url, { method: request.method, headers, signal: line.signal, redirect: 'manual' }),
      );
      if (
        response.status === 200 &&
        response.body &&
        response.headers.get('Content-Type')?.startsWith('text/event-stream')
      ) {
        wasOpen = true;
        attempts = 0;
        onOpen?.();
        const reader = new ServerSentReader();
        const body = response.body.getReader();
        for (let piece; !(piece = await line.within(silenceMs, body.read())).done;) {
          for (const { id, data } of reader.push(piece.value)) {
            if (id) lastEventId = id;
            if (id && isNews(seen, id)) yield json(data) as ResponseOf<O>;
          }
          retryMs = reader.retryMs ?? retryMs;
        }
        outcome = { kind: 'lost', cause: new Error('the stream ended'), timedOut: false };
      } else {
        outcome = {
          status: response.status,
          headers: response.headers,
          text: await line.within(settings.timeoutMs, response.text()),
        };
      }
    } catch (error) {
      signal?.throwIfAborted();
      outcome = line.timedOut ? { kind: 'lost', cause: error, timedOut: true } : networkFailure(error);
    } finally {
      line.cut();
    }
    if (attempts === 0) {
      // Spread, for all readers of a gateway that stops lose it together.
      await pause(Math.random() * retryMs, signal);
      continue;
    }
    const { failure, parts } =
      'text' in outcome ? refused(outcome) : unanswered(outcome, settings.baseUrl, settings.timeoutMs);
    const retries = options.retries ?? (wasOpen ? Infinity : settings.retry.retries);
    const waitMs = waitBeforeRetry({ safe: true, attempts, failure }, { ...settings.retry, retries });
    if (waitMs === undefined) throw new MissionsError({ requestId: request.requestId, ...parts, attempts });
    await pause(waitMs, signal);
  }
}

/** Whether an id comes for the first time. Ids are UUIDv7 (RFC 9562), which say when they were made: those far behind the newest come no more. */
function isNews(seen: Map<string, number>, id: string): boolean {
  if (seen.has(id)) return false;
  const at = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  seen.set(id, at);
  for (const [old, then] of seen) {
    if (then >= at - REMEMBER_MS) break;
    seen.delete(old);
  }
  return true;
}

/** One connection: cut by its caller, or when what is waited for does not come in time. Time does not pass while the reader of the stream is busy. */
class Line {
  timedOut = false;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly cut = (): void => {
    this.#caller?.removeEventListener('abort', this.cut);
    this.#controller.abort();
  };

  constructor(caller: AbortSignal | undefined) {
    this.#caller = caller;
    caller?.addEventListener('abort', this.cut);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async within<T>(ms: number, coming: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.cut();
    }, ms);
    try {
      return await coming;
    } finally {
      clearTimeout(timer);
    }
  }
}
