import type { Middleware } from 'koa';
import { withContext } from '@missions/runtime/context.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { histogram } from '@missions/runtime/metrics.ts';
import { childTraceparent } from '@missions/runtime/trace.ts';

const seconds = histogram('missions_http_request_seconds', 'Time to answer, by route, method and status', [
  'route',
  'method',
  'status',
]);

/** Request ids that callers send end up in headers, logs and traces, so only plain ones are used. */
const plain = /^[\w.:/+=@-]{1,128}$/;

/** A token in a path (an action link, an unsubscription) is a credential, and credentials stay out of logs. */
const loggedPath = (route: string, path: string): string => (route.includes(':token') ? route : path);

/** Gives every request an id and a place in a trace (W3C Trace Context), returns both, and logs and measures it. */
export const requestContext =
  (logger: Logger): Middleware =>
  async (ctx, next) => {
    const sent = ctx.get('X-Request-ID');
    const requestId = plain.test(sent) ? sent : newId();
    const traceparent = childTraceparent(ctx.get('traceparent') || undefined);
    const began = performance.now();
    await withContext({ requestId, traceparent }, async () => {
      ctx.set('X-Request-ID', requestId);
      ctx.set('traceparent', traceparent);
      try {
        await next();
      } finally {
        const took = performance.now() - began;
        const route = (ctx['_matchedRoute'] as string | undefined) ?? 'none';
        seconds.observe({ route, method: ctx.method, status: String(ctx.status) }, took / 1000);
        const { method, status } = ctx;
        logger.debug({ method, path: loggedPath(route, ctx.path), status, ms: Math.round(took) }, 'request');
      }
    });
  };
