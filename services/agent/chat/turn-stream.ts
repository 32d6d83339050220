import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import type { Problem } from '@missions/contracts/errors.ts';
import { problemDocument } from '../http/problem.ts';
import type { Progress } from '../loop/work.ts';
import type { ChatAnswer } from './chat.ts';

/** Often enough for proxies to keep the connection. */
const HEARTBEAT_MS = 15_000;

export interface Told {
  progress(progress: Progress): void;
  done(answer: ChatAnswer): void;
  failed(problem: Problem): void;
}

/**
 * A turn as server-sent events (WHATWG HTML section 9.2): `text {delta}` and `tool {name, ok}` as they come, then one `done` with the whole answer,
 * or one `error` with a problem document. The status was sent by then, so it is 200 even when the turn fails.
 */
export function serverSent(ctx: Context): Told {
  const body = new PassThrough();
  const write = (text: string): void => {
    if (body.writable) body.write(text);
  };
  // JSON has no line breaks of its own, so `data` is one line.
  const event = (name: string, data: unknown): void => write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT_MS);
  const end = (name: string, data: unknown): void => {
    clearInterval(heartbeat);
    event(name, data);
    body.end();
  };
  body.once('close', () => clearInterval(heartbeat));
  ctx.res.once('close', () => body.destroy());
  ctx.status = 200;
  ctx.type = 'text/event-stream';
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Accel-Buffering', 'no');
  ctx.body = body;
  write(':\n\n');
  return {
    progress: ({ type, ...data }) => event(type, data),
    done: (answer) => end('done', answer),
    failed: (problem) => end('error', problemDocument(problem)),
  };
}
