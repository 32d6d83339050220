import Router from '@koa/router';
import Koa from 'koa';
import type { Health } from '@missions/runtime/health.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { Registry } from '@missions/runtime/metrics.ts';
import { problems } from '@missions/http/problem.ts';
import { securityHeaders } from './http/security-headers.ts';
import { requestContext } from '@missions/http/request-context.ts';
import { logResponseErrors } from '@missions/http/server.ts';
import type { GatewayContext } from './routes/register-operation.ts';
import { docsRoutes } from './routes/docs.ts';
import { emailRoutes } from './routes/emails.ts';
import { inboundEmailRoute } from './routes/inbound-email.ts';
import { mcpRoutes } from './routes/mcp.ts';
import { missionRoutes } from './routes/missions.ts';
import { operatorRoutes } from './routes/operations.ts';
import { inputRequestRoutes } from './routes/input-requests.ts';
import { runRoutes } from './routes/runs.ts';
import { type OpenStreams, streamRoutes } from './routes/stream.ts';
import { userRoutes } from './routes/users.ts';

export interface AppParts {
  readonly edge: GatewayContext;
  readonly health: Health;
  readonly metrics: Registry;
  readonly logger: Logger;
  /** Of the webhook for inbound mail; undefined: it is off. */
  readonly inboundEmailSecret?: string | undefined;
}

/** The gateway as a Koa application: translates REST calls into requests to the services, and holds no state of its own. */
export function createApp({ edge, health, metrics, logger, inboundEmailSecret }: AppParts): {
  app: Koa;
  streams: OpenStreams;
} {
  const app = new Koa();
  logResponseErrors(app, logger);
  const router = new Router();
  operatorRoutes(router, { health, metrics });
  docsRoutes(router);
  missionRoutes(router, edge);
  inputRequestRoutes(router, edge);
  runRoutes(router, edge);
  emailRoutes(router, edge);
  if (inboundEmailSecret !== undefined) inboundEmailRoute(router, edge, inboundEmailSecret);
  const streams = streamRoutes(router, edge);
  userRoutes(router, edge);
  mcpRoutes(router, edge);

  app.use(requestContext(logger));
  app.use(problems({ logger, realm: 'missions', hint: 'See /openapi.json.' }));
  app.use(securityHeaders());
  app.use(router.routes());
  app.use(router.allowedMethods());
  return { app, streams };
}
