import { PassThrough } from 'node:stream';
import type { Context } from 'koa';

export interface EventStreamOptions {
  /** A reader that falls behind by more bytes is disconnected. Default: no bound. */
  readonly maxBufferedBytes?: number;
  /** How soon a disconnected client should reconnect, in milliseconds. */
  readonly retryMs?: number;
}

export interface EventStream {
  /** `data` is written as one line of JSON, which has no line breaks of its own. */
  send(event: { readonly name: string; readonly data: unknown; readonly id?: string }): void;
  /** Ends the stream after what was sent. */
  end(): void;
  /** Aborted when the stream has ended, by either end. */
  readonly closed: AbortSignal;
}

/** Often enough for proxies to keep the connection, and for a vanished client to be noticed. */
const HEARTBEAT_MS = 15_000;

/** Answers with server-sent events (WHATWG HTML section 9.2): status 200, headers and a first line at once. */
export function openEventStream(ctx: Context, { maxBufferedBytes, retryMs }: EventStreamOptions = {}): EventStream {
  const body = new PassThrough();
  const closed = new AbortController();
  const write = (text: string): void => {
    if (!body.writable) return;
    body.write(text);
    if (maxBufferedBytes !== undefined && body.writableLength + body.readableLength > maxBufferedBytes) body.destroy();
  };
  const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT_MS);
  body.once('close', () => {
    clearInterval(heartbeat);
    closed.abort();
  });
  ctx.res.once('close', () => body.destroy());
  ctx.status = 200;
  ctx.type = 'text/event-stream';
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Accel-Buffering', 'no');
  ctx.body = body;
  write(retryMs === undefined ? ':\n\n' : `retry: ${retryMs}\n\n`);
  return {
    send: ({ name, data, id }) =>
      write(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
    end: () => {
      clearInterval(heartbeat);
      body.end();
    },
    closed: closed.signal,
  };
}
