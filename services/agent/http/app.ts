import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { withContext } from '@missions/runtime/context.ts';
import type { Health } from '@missions/runtime/health.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { Registry } from '@missions/runtime/metrics.ts';
import { childTraceparent } from '@missions/runtime/trace.ts';
import { chatRoute, type ChatEdge } from '../chat/route.ts';
import { problems } from './problem.ts';

export interface AppParts {
  readonly edge: ChatEdge;
  readonly health: Health;
  readonly metrics: Registry;
}

export function createApp({ edge, health, metrics }: AppParts): Koa {
  const { logger } = edge;
  const app = new Koa();
  // A client that goes away in the middle of an answer is its own business.
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.code !== 'EPIPE' && error.code !== 'ECONNRESET')
      logger.error({ err: error }, 'answering failed');
  });
  const router = new Router();
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    const report = await health.report();
    ctx.status = report.ready ? 200 : 503;
    ctx.body = report;
  });
  router.get('/metrics', async (ctx) => {
    ctx.type = metrics.contentType;
    ctx.body = await metrics.metrics();
  });
  chatRoute(router, edge);
  app.use(identified(logger));
  app.use(problems(logger));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

const plain = /^[\w.:/+=@-]{1,128}$/;

/** Every request has its id and its place in a trace, as at the gateway. */
const identified =
  (logger: Logger): Middleware =>
  async (ctx, next) => {
    const sent = ctx.get('X-Request-ID');
    const requestId = plain.test(sent) ? sent : newId();
    await withContext({ requestId, traceparent: childTraceparent(ctx.get('traceparent') || undefined) }, async () => {
      ctx.set('X-Request-ID', requestId);
      ctx.set('X-Content-Type-Options', 'nosniff');
      ctx.set('Cache-Control', 'no-store');
      const began = performance.now();
      await next();
      logger.debug(
        { method: ctx.method, path: ctx.path, status: ctx.status, ms: Math.round(performance.now() - began) },
        'request',
      );
    });
  };
