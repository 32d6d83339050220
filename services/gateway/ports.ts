import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { Problem } from '@missions/contracts/errors.ts';
import { problems } from '@missions/http/problem.ts';
import { requestContext } from '@missions/http/request-context.ts';
import { type HttpServer, logResponseErrors, startHttpServer } from '@missions/http/server.ts';
import { serveHealth } from '@missions/runtime/health-server.ts';
import type { ServiceLifecycle } from '@missions/runtime/lifecycle.ts';
import { registry } from '@missions/runtime/metrics.ts';
import type { gatewayConfig } from './config.ts';
import { securityHeaders } from './http/security-headers.ts';
import { probeRoutes } from './routes/operations.ts';

type Life = Pick<ServiceLifecycle, 'health' | 'logger' | 'onStop'>;

/**
 * Opens both ports before anything is connected, so that a gateway that waits for PostgreSQL or NATS says so to whoever
 * asks. Its callers are refused until the application is there, see `HttpServer.serve`.
 */
export async function openPorts(
  { healthPort, healthHost, port, host }: ReturnType<typeof gatewayConfig>,
  { health, logger, onStop }: Life,
): Promise<HttpServer> {
  const probes = await serveHealth({ port: healthPort, host: healthHost, health, metrics: registry });
  onStop('health server', () => probes.close());
  const server = await startHttpServer(startingApp({ health, logger }), port, host);
  onStop('http of the start', () => server.close());
  logger.info({ address: server.address, healthPort: probes.port }, 'listening');
  return server;
}

/** Answers the probes, and refuses every call: nothing of it has been looked at. */
function startingApp({ health, logger }: Pick<Life, 'health' | 'logger'>): Koa {
  const app = new Koa();
  logResponseErrors(app, logger);
  const router = new Router({ sensitive: true, strict: true });
  probeRoutes(router, health);
  app.use(requestContext(logger));
  app.use(problems({ logger, realm: 'missions', hint: 'See /openapi.json.' }));
  app.use(securityHeaders());
  app.use(uncached);
  app.use(router.routes());
  app.use(() => {
    throw new Problem(
      'UNAVAILABLE',
      'The gateway has just started and waits for what /readyz names. Nothing was done; try again in a moment.',
    );
  });
  return app;
}

/** Responses are for their caller alone; the files of `/docs` set another value. */
export const uncached: Middleware = (ctx, next) => {
  ctx.set('Cache-Control', 'no-store');
  return next();
};
