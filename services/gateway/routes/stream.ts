import type Router from '@koa/router';
import { Problem } from '@missions/contracts/errors.ts';
import { streamMyEvents } from '@missions/contracts/rest/users.ts';
import { type EventStream, openEventStream } from '@missions/http/event-stream.ts';
import { parser } from '@missions/contracts/schema.ts';
import { INBOX_HINT } from '@missions/contracts/mission/vocabulary.ts';
import type { StreamEntry } from '@missions/contracts/mission/representation.ts';
import { userCallerOf } from '../http/caller.ts';
import { headerText } from '../http/headers.ts';
import { queryObject } from '../http/query.ts';
import { replayFrom } from '../stream/last-event.ts';
import { presentTime, userStreams } from '../stream/user-streams.ts';
import { type GatewayContext, NoQuery } from './register-operation.ts';

/**
 * A reader that falls further behind is disconnected. It returns with Last-Event-ID and reads the history at its own
 * pace.
 */
const MAX_BEHIND_BYTES = 1024 * 1024;
const MAX_STREAMS_PER_USER = 20;
const parseQuery = parser(NoQuery, 'query');

export interface OpenStreams {
  /** Ends all streams: the gateway is stopping, and clients reconnect to another copy. */
  close(): void;
}

/**
 * `GET /api/v1/stream`: server-sent events (WHATWG HTML section 9.2) of the user's missions; `id` is the id of the
 * history entry. The stream ends with its credential: the client comes back with a new token.
 */
export function streamRoutes(
  router: Router,
  { bus, clock, authenticateUser, limit, watchCredential, defaultCustomerId, logger }: GatewayContext,
): OpenStreams {
  const open = new Map<EventStream, string>();
  const streams = userStreams({ bus, logger });

  router.get(streamMyEvents.path, async (ctx) => {
    const principal = await authenticateUser(ctx.req.headers);
    await limit(principal);
    const caller = userCallerOf(principal, ctx.req.headers, defaultCustomerId);
    parseQuery(queryObject(ctx.querystring, NoQuery));
    const user = JSON.stringify([caller.customer_id, caller.user_id]);
    if ([...open.values()].filter((it) => it === user).length >= MAX_STREAMS_PER_USER) {
      throw new Problem('RATE_LIMITED', `A user may have ${MAX_STREAMS_PER_USER} streams open; close one first.`);
    }
    const present = await presentTime(bus, caller, clock);
    const since = replayFrom(headerText(ctx.req.headers, 'Last-Event-ID'), present);

    // `retry` tells the client at once that the stream is open, and how soon to reconnect.
    const output = openEventStream(ctx, { maxBufferedBytes: MAX_BEHIND_BYTES, retryMs: 2_000 });
    open.set(output, user);
    const watch = watchCredential(ctx.req.headers, authenticateUser);
    output.closed.addEventListener('abort', () => watch.stop(), { once: true });
    watch.ended.addEventListener('abort', () => output.end(), { once: true });
    output.closed.addEventListener('abort', () => open.delete(output), { once: true });
    const stream = await streams.open({
      caller: { ...caller, user_id: caller.user_id as string },
      since,
      send: (event: StreamEntry) => {
        if (!watch.ended.aborted) output.send({ id: event.id, name: event.event_type, data: event });
      },
      // Without an id: whoever comes back with the last one reads the inbox anew anyway.
      sendInboxHint: () => {
        if (!watch.ended.aborted) output.send({ name: INBOX_HINT, data: {} });
      },
    });
    if (output.closed.aborted) stream.stop();
    else output.closed.addEventListener('abort', () => stream.stop(), { once: true });
  });

  return { close: () => [...open.keys()].forEach((output) => output.end()) };
}
