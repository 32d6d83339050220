import Router from '@koa/router';
import { problems, statusOf } from '@missions/http/problem.ts';
import { publicReadiness } from '@missions/http/public-readiness.ts';
import { requestContext } from '@missions/http/request-context.ts';
import { logResponseErrors } from '@missions/http/server.ts';
import type { Health } from '@missions/runtime/health.ts';
import Koa, { type Middleware } from 'koa';
import { type ChatContext, chatRoute } from '../chat/route.ts';

export interface AppParts {
  readonly context: ChatContext;
  readonly health: Health;
}

export function createApp({ context, health }: AppParts): Koa {
  const { logger } = context;
  const app = new Koa();
  logResponseErrors(app, logger);
  const router = new Router({ sensitive: true, strict: true });
  const readiness = publicReadiness(health);
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    const report = await readiness();
    ctx.status = report.ready ? 200 : statusOf('UNAVAILABLE');
    ctx.body = report;
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
