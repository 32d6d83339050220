import { INBOX_HINT } from '@missions/contracts/mission/vocabulary.ts';
import type { ResponseOf } from '@missions/contracts/rest/operation.ts';
import { type HttpResponse, networkFailure } from './attempt.ts';
import { errorResponse, json, noResponse, pause } from './call.ts';
import { MissionsError } from './missions-error.ts';
import { buildRequest, type CallableOperation } from './request.ts';
import { type Failure, waitBeforeRetry } from './retry.ts';
import { ServerSentReader } from './server-sent.ts';
import type { Settings } from './options.ts';

export interface StreamOptions {
  /** Ends the stream, which then throws the reason of the signal. */
  readonly signal?: AbortSignal;
  /**
   * Id of the last event that was received, possibly by an earlier process: the stream starts with the events since
   * then. Events of the minute before it may be repeated.
   */
  readonly lastEventId?: string;
  /**
   * Retries in a row before the stream throws. Default: those of a call until the stream was open once, unlimited from
   * then on.
   */
  readonly retries?: number;
  /**
   * After this time without a byte the connection counts as dead, and the stream reconnects. The gateway sends a
   * comment every 15 s.
   */
  readonly silenceMs?: number;
  /** Called whenever a connection is open: the stream delivers every event from then on. */
  readonly onOpen?: () => void;
  /** Called whenever a connection ended or could not be made, before the next one. */
  readonly onLost?: () => void;
  /** Called when items of the inbox were seen or snoozed, on whichever device: read it again. */
  readonly onInbox?: () => void;
  readonly requestId?: string;
  readonly traceparent?: string;
}

const SILENCE_MS = 45_000;
/** How long ids are remembered: longer than the overlap that the gateway sends before the last id. */
const REMEMBER_MS = 180_000;
const RETRY_MS = 2_000;

/**
 * The events of a stream, each once, over as many connections as needed:
 *
 *     connect ──200──▶ read ──end, failure, silence──▶ wait ──▶ connect, with Last-Event-ID ──▶ …
 *        ╰──refused, not transient──▶ throws
 *
 * @throws {MissionsError}, or the reason of the caller's signal.
 */
export async function* stream<O>(
  settings: Settings,
  operation: O,
  options: StreamOptions = {},
): AsyncGenerator<ResponseOf<O>, void, undefined> {
  const { signal, silenceMs = SILENCE_MS, onOpen, onLost, onInbox } = options;
  const request = buildRequest(settings, operation as unknown as CallableOperation, {}, options);
  const seen = new Map<string, number>();
  let lastEventId = options.lastEventId;
  let retryMs = RETRY_MS;
  let wasOpen = false;
  for (let attempts = 1; ; attempts += 1) {
    signal?.throwIfAborted();
    const connection = new Connection(signal);
    let outcome: HttpResponse | Failure;
    try {
      const headers = {
        ...request.headers,
        Accept: 'text/event-stream, application/problem+json',
        ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
      };
      const response = await connection.within(
        settings.timeoutMs,
        settings.fetch(request.url, { method: request.method, headers, signal: connection.signal, redirect: 'manual' }),
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
        for (let piece; !(piece = await connection.within(silenceMs, body.read())).done;) {
          for (const { name, id, data } of reader.push(piece.value)) {
            if (name === INBOX_HINT) {
              onInbox?.();
              continue;
            }
            if (id) lastEventId = id;
            if (id && isFirstDelivery(seen, id)) yield json(data) as ResponseOf<O>;
          }
          retryMs = reader.retryMs ?? retryMs;
        }
        outcome = { kind: 'lost', cause: new Error('the stream ended'), timedOut: false };
      } else {
        outcome = {
          status: response.status,
          headers: response.headers,
          text: await connection.within(settings.timeoutMs, response.text()),
        };
      }
    } catch (error) {
      signal?.throwIfAborted();
      outcome = connection.timedOut ? { kind: 'lost', cause: error, timedOut: true } : networkFailure(error);
    } finally {
      connection.close();
    }
    onLost?.();
    if (attempts === 0) {
      // A random part of the interval: all readers of a gateway that stops lose their connections at the same time.
      await pause(Math.random() * retryMs, signal);
      continue;
    }
    const { failure, parts } =
      'text' in outcome ? errorResponse(outcome) : noResponse(outcome, settings.baseUrl, settings.timeoutMs);
    const retries = options.retries ?? (wasOpen ? Infinity : settings.retry.retries);
    const waitMs = waitBeforeRetry({ idempotent: true, attempts, failure }, { ...settings.retry, retries });
    if (waitMs === undefined) throw new MissionsError({ requestId: request.requestId, ...parts, attempts });
    await pause(waitMs, signal);
  }
}

/**
 * Whether an id is delivered for the first time. Ids are UUIDv7 (RFC 9562), which contain their time: ids far older
 * than the newest are forgotten, because the gateway does not repeat them.
 */
function isFirstDelivery(seen: Map<string, number>, id: string): boolean {
  if (seen.has(id)) return false;
  const at = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  seen.set(id, at);
  for (const [old, then] of seen) {
    if (then >= at - REMEMBER_MS) break;
    seen.delete(old);
  }
  return true;
}

/**
 * One connection. It is closed by the caller's signal, or when a promise exceeds its time limit. No limit runs while
 * the reader of the stream is busy.
 */
class Connection {
  timedOut = false;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly close = (): void => {
    this.#caller?.removeEventListener('abort', this.close);
    this.#controller.abort();
  };

  constructor(caller: AbortSignal | undefined) {
    this.#caller = caller;
    caller?.addEventListener('abort', this.close);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async within<T>(ms: number, promise: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.close();
    }, ms);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
