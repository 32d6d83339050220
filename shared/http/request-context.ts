import type { Middleware } from 'koa';
import { currentContext } from '@missions/runtime/context.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { histogram } from '@missions/runtime/metrics.ts';
import { inSpan } from '@missions/runtime/span.ts';

const seconds = histogram('missions_http_request_seconds', 'Time to answer, by route, method and status', [
  'route',
  'method',
  'status',
]);

/** Request ids that callers send end up in headers, logs and traces, so only plain ones are used. */
const plain = /^[\w.:/+=@-]{1,128}$/;

/** A token in a path (an action link, an unsubscription) is a credential, and credentials stay out of logs. */
const loggedPath = (route: string, path: string): string => (route.includes(':token') ? route : path);

/**
 * Gives every request an id and a place in a trace (W3C Trace Context), returns both, and logs and measures it. Its span
 * is named when the route is known, as OpenTelemetry's conventions for HTTP have it.
 */
export const requestContext =
  (logger: Logger): Middleware =>
  async (ctx, next) => {
    const sent = ctx.get('X-Request-ID');
    const requestId = plain.test(sent) ? sent : newId();
    const began = performance.now();
    const parent = ctx.get('traceparent') || undefined;
    await inSpan(ctx.method, { kind: 'server', parent, requestId }, async (span) => {
      ctx.set('X-Request-ID', requestId);
      ctx.set('traceparent', currentContext()?.traceparent ?? '');
      try {
        await next();
      } finally {
        const took = performance.now() - began;
        const route = (ctx['_matchedRoute'] as string | undefined) ?? 'none';
        seconds.observe({ route, method: ctx.method, status: String(ctx.status) }, took / 1000);
        const { method, status } = ctx;
        span?.describe(
          `${method} ${route}`,
          { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
          status >= 500 ? 'failed' : undefined,
        );
        logger.debug({ method, path: loggedPath(route, ctx.path), status, ms: Math.round(took) }, 'request');
      }
    });
  };
