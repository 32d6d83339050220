import Router from '@koa/router';
import { problems } from '@missions/http/problem.ts';
import { requestContext } from '@missions/http/request-context.ts';
import { logResponseErrors } from '@missions/http/server.ts';
import type { Health } from '@missions/runtime/health.ts';
import type { Registry } from '@missions/runtime/metrics.ts';
import Koa, { type Middleware } from 'koa';
import { type ChatContext, chatRoute } from '../chat/route.ts';

export interface AppParts {
  readonly context: ChatContext;
  readonly health: Health;
  readonly metrics: Registry;
}

export function createApp({ context, health, metrics }: AppParts): Koa {
  const { logger } = context;
  const app = new Koa();
  logResponseErrors(app, logger);
  const router = new Router({ sensitive: true, strict: true });
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
  chatRoute(router, context);
  app.use(requestContext(logger));
  app.use(headers);
  app.use(problems({ logger, realm: 'agent', hint: 'This agent answers POST /v1/chat.', retryAfterSeconds: 5 }));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

const headers: Middleware = async (ctx, next) => {
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cache-Control', 'no-store');
  await next();
};
