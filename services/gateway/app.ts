import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Health } from '@missions/runtime/health.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { problems } from '@missions/http/problem.ts';
import { securityHeaders } from './http/security-headers.ts';
import { uncached } from './ports.ts';
import { requestContext } from '@missions/http/request-context.ts';
import { logResponseErrors } from '@missions/http/server.ts';
import type { GatewayContext } from './routes/register-operation.ts';
import { approvalRuleRoutes } from './routes/approval-rules.ts';
import { actionLinkRoutes } from './routes/action-links.ts';
import { delegationRoutes } from './routes/delegations.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventDocsRoutes } from './routes/event-docs.ts';
import { emailRoutes } from './routes/emails.ts';
import { inboxRoutes } from './routes/inbox.ts';
import { inboundEmailRoute } from './routes/inbound-email.ts';
import { mcpRoutes } from './routes/mcp.ts';
import { limitRoutes } from './routes/limits.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { unsubscribeRoutes } from './routes/unsubscribe.ts';
import { missionRoutes } from './routes/missions.ts';
import { operatorRoutes } from './routes/operations.ts';
import { pageRoutes } from './routes/page.ts';
import { inputRequestRoutes } from './routes/input-requests.ts';
import { oidcRoutes } from './routes/oidc.ts';
import { hasProvider } from './sessions/sign-in.ts';
import { operateRoutes } from './routes/operate.ts';
import { receiptKeyRoutes } from './routes/receipt-keys.ts';
import { runRoutes } from './routes/runs.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { stopRoutes } from './routes/stop.ts';
import { type OpenStreams, streamRoutes } from './routes/stream.ts';
import { userRoutes } from './routes/users.ts';
import { webhookRoutes } from './routes/webhooks.ts';

export interface AppParts {
  readonly gateway: GatewayContext;
  readonly health: Health;
  readonly logger: Logger;
  /** Bounds the calls of those whose credential is not known. */
  readonly strangers: Middleware;
  readonly settings: AppSettings;
}

interface AppSettings {
  /** How many proxies append the address of their caller to `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** The secret of the webhook for inbound mail; without it the webhook does not exist. */
  readonly inboundEmailSecret?: string | undefined;
  /** The folder of the users' page; without it there is none. */
  readonly pageFolder?: string | undefined;
}

/**
 * The gateway as a Koa application. It translates REST calls into requests to the services and keeps no state of its
 * own.
 */
export async function createApp({ gateway, health, logger, strangers, settings }: AppParts): Promise<{
  app: Koa;
  streams: OpenStreams;
}> {
  const { trustedProxies, inboundEmailSecret, pageFolder } = settings;
  const app = new Koa({ proxy: trustedProxies > 0, maxIpsCount: trustedProxies });
  logResponseErrors(app, logger);
  // Exact: a proxy's rules for a path hold for that path, and a metric has one label for it.
  const router = new Router({ sensitive: true, strict: true });
  operatorRoutes(router, health);
  const atWrongAddress =
    gateway.signIn && pageFolder !== undefined
      ? await pageRoutes(router, { folder: pageFolder, offersProvider: hasProvider(gateway.signIn) })
      : undefined;
  docsRoutes(router);
  eventDocsRoutes(router);
  missionRoutes(router, gateway);
  inputRequestRoutes(router, gateway);
  receiptKeyRoutes(router, gateway);
  approvalRuleRoutes(router, gateway);
  delegationRoutes(router, gateway);
  runRoutes(router, gateway);
  emailRoutes(router, gateway);
  if (inboundEmailSecret !== undefined) inboundEmailRoute(router, gateway, inboundEmailSecret);
  const streams = streamRoutes(router, gateway);
  userRoutes(router, gateway);
  inboxRoutes(router, gateway);
  operateRoutes(router, gateway, health);
  sessionRoutes(router, gateway);
  notificationRoutes(router, gateway);
  stopRoutes(router, gateway);
  limitRoutes(router, gateway);
  webhookRoutes(router, gateway);
  unsubscribeRoutes(router, gateway);
  actionLinkRoutes(router, gateway);
  mcpRoutes(router, gateway);
  if (gateway.signIn) {
    signInRoutes(router, gateway, gateway.signIn);
    if (hasProvider(gateway.signIn)) oidcRoutes(router, gateway, gateway.signIn);
  }

  app.use(requestContext(logger));
  if (atWrongAddress) app.use(atWrongAddress);
  app.use(problems({ logger, realm: 'missions', hint: 'See /openapi.json.' }));
  app.use(securityHeaders());
  app.use(uncached);
  app.use(strangers);
  app.use(router.routes());
  app.use(router.allowedMethods());
  return { app, streams };
}
