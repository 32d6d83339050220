import { PassThrough } from 'node:stream';
import type Router from '@koa/router';
import { Problem } from '@missions/contracts/errors.ts';
import { streamMyEvents } from '@missions/contracts/rest/users.ts';
import { parser } from '@missions/contracts/schema.ts';
import type { MissionEvent } from '@missions/contracts/mission/representation.ts';
import { userCallerOf } from '../http/caller.ts';
import { headerText } from '../http/headers.ts';
import { queryObject } from '../http/query.ts';
import { replayFrom } from '../stream/last-event.ts';
import { startUserStream } from '../stream/user-stream.ts';
import { type GatewayContext, NoQuery } from './register-operation.ts';

/** A comment now and then, so that proxies keep the connection and a client that went away is noticed. */
const HEARTBEAT_MS = 15_000;
/** A reader that falls this far behind is cut off; it comes back with Last-Event-ID and reads the history at its own pace. */
const MAX_BEHIND_BYTES = 1024 * 1024;
const MAX_STREAMS_PER_USER = 20;
const parseQuery = parser(NoQuery, 'query');

export interface OpenStreams {
  /** Ends them all: the gateway is stopping, and clients come back to another copy. */
  close(): void;
}

/** `GET /api/v1/stream`: server-sent events (WHATWG HTML section 9.2) of the user's missions; `id` is the history entry's. */
export function streamRoutes(
  router: Router,
  { bus, authenticateUser, limit, defaultCustomerId, logger }: GatewayContext,
): OpenStreams {
  const open = new Map<PassThrough, string>();

  router.get(streamMyEvents.path, async (ctx) => {
    const principal = await authenticateUser(ctx.req.headers);
    await limit(principal);
    const caller = userCallerOf(principal, ctx.req.headers, defaultCustomerId);
    parseQuery(queryObject(ctx.querystring, NoQuery));
    const user = JSON.stringify([caller.customer_id, caller.user_id]);
    if ([...open.values()].filter((it) => it === user).length >= MAX_STREAMS_PER_USER) {
      throw new Problem('RATE_LIMITED', `A user may have ${MAX_STREAMS_PER_USER} streams open; close one first.`);
    }
    const since = replayFrom(headerText(ctx.req.headers, 'Last-Event-ID'), new Date());

    const body = new PassThrough();
    const write = (text: string): void => {
      if (body.destroyed) return;
      body.write(text);
      if (body.writableLength + body.readableLength > MAX_BEHIND_BYTES) body.destroy();
    };
    open.set(body, user);
    const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT_MS);
    const done = new AbortController();
    const end = (): void => {
      open.delete(body);
      clearInterval(heartbeat);
      done.abort();
    };
    body.once('close', end);
    ctx.res.once('close', () => body.destroy());

    ctx.status = 200;
    ctx.type = 'text/event-stream';
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Accel-Buffering', 'no');
    ctx.body = body;
    // Says at once that it is open, and how soon to come back.
    write('retry: 2000\n\n');
    const stream = await startUserStream({
      bus,
      caller: { ...caller, user_id: caller.user_id as string },
      logger,
      since,
      send: (event) => write(frame(event)),
    });
    if (done.signal.aborted) stream.stop();
    else done.signal.addEventListener('abort', () => stream.stop(), { once: true });
  });

  return { close: () => [...open.keys()].forEach((body) => body.end()) };
}

/** JSON has no line breaks of its own, so `data` is one line. */
const frame = (event: MissionEvent): string =>
  `id: ${event.id}\nevent: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`;
