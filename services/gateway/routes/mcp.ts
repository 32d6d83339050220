import { Readable } from 'node:stream';
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { McpHandler } from '@missions/agent-tools/mcp/http.ts';
import { createTools } from '@missions/agent-tools/tools.ts';
import { MissionsClient } from '@missions/client/client.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { currentContext } from '@missions/runtime/context.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { jsonBody } from '@missions/http/body.ts';
import { callerOf } from '../http/caller.ts';
import { VIA } from '../http/origin.ts';
import type { Principal } from '../http/principal.ts';
import { headerText, runOf } from '../http/headers.ts';
import type { GatewayContext } from './register-operation.ts';

/**
 * `/mcp`: the agents' tools over MCP's streamable HTTP, with the credentials of `/api/internal`. A tool calls this
 * gateway's own REST API with its caller's credential, over the loopback address at which the call itself arrived. What
 * an agent may do, how often, and how it is refused, is therefore decided in one place, at the price of
 * one more local round trip (0.3 ms). GET and DELETE belong to MCP sessions, and there are none here: 405.
 */
export function mcpRoutes(router: Router, gateway: GatewayContext): void {
  const answer = loadOnFirstCall(gateway.logger);
  router.post(
    '/mcp',
    async (ctx, next) => {
      refuseForeignPages(ctx);
      const principal = await gateway.authenticate(ctx.req.headers);
      await gateway.limit(principal);
      ctx.state['principal'] = principal;
      await next();
    },
    jsonBody,
    async (ctx) => {
      const tools = toolsOf(ctx, ctx.state['principal'] as Principal, gateway);
      const gone = new AbortController();
      ctx.res.once('close', () => gone.abort());
      const request = new Request(`${ownAddress(ctx)}/mcp`, {
        method: 'POST',
        headers: plainHeaders(ctx),
        signal: gone.signal,
      });
      const response = await (await answer())(request, ctx.state['body'], { tools });
      for (const [name, value] of response.headers) if (name !== 'cache-control') ctx.set(name, value);
      ctx.body = response.body ? Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]) : null;
      // After the body: no body makes it 204, and the protocol says 202.
      ctx.status = response.status;
    },
  );
}

/** Loads the protocol's package and its schemas with the first MCP call: they cost 20 MB and 0.2 s. */
function loadOnFirstCall(logger: Logger): () => Promise<McpHandler> {
  let made: Promise<McpHandler> | undefined;
  return () =>
    (made ??= import('@missions/agent-tools/mcp/http.ts').then(({ mcpOverHttp }) =>
      mcpOverHttp((error) => logger.debug({ err: error }, 'MCP')),
    ));
}

function toolsOf(ctx: Context, principal: Principal, gateway: GatewayContext) {
  const { headers } = ctx.req;
  const { customer_id, user_id, agent_id } = callerOf(principal, headers, {}, gateway.defaultCustomerId);
  if (user_id === null) throw invalid([{ path: 'X-User-ID', message: 'say for which user you act' }]);
  const conversationId = headerText(headers, 'X-Conversation-ID');
  const run = runOf(headers);
  const [, credential = ''] = (headers.authorization ?? '').split(/ +/);
  const client = new MissionsClient({
    baseUrl: ownAddress(ctx),
    credential,
    customerId: customer_id,
    fetch: fetchAs(gateway.origins.mcpCall(ctx)),
  });
  return createTools({
    client,
    ...(principal.kind === 'agent' && principal.scopes && { scopes: principal.scopes }),
    userId: user_id,
    ...(agent_id !== null && { agentId: agent_id }),
    ...(conversationId !== undefined && { conversationId }),
    ...(run && { run }),
  });
}

/**
 * The address at which this request arrived, and never its `Host`, which is the caller's to choose. It can be reached
 * from here whatever stands in front of the gateway and whatever the configuration says.
 */
function ownAddress({ req: { socket } }: Context): string {
  const { localAddress = '127.0.0.1', localPort } = socket;
  return `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}

/** The tool's calls carry the request id and the trace of the message that caused them, and name that message. */
const fetchAs =
  (via: string): typeof fetch =>
  (url, init) => {
    const context = currentContext();
    const headers = new Headers(init?.headers);
    headers.set(VIA, via);
    if (context?.requestId) headers.set('X-Request-ID', context.requestId);
    if (context) headers.set('traceparent', context.traceparent);
    return fetch(url, { ...init, headers });
  };

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses web pages of other origins. Only browsers send `Origin`, and a page may reach a local gateway under a name of
 * its own (DNS rebinding), so only pages from this machine are let in. Comparing `Origin` with `Host` would not help:
 * both are then the attacker's. The credential protects as well; this check is the protocol's own rule.
 */
function refuseForeignPages(ctx: Context): void {
  const origin = ctx.get('Origin');
  if (origin === '') return;
  const url = URL.parse(origin);
  if (!url || !LOOPBACK.has(url.hostname)) throw new Problem('FORBIDDEN', 'MCP is not for web pages of other origins.');
}

/** The headers that the protocol's package needs. The credential is left out, because the package has no use for it. */
const plainHeaders = ({ req: { headers } }: Context): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && (name.startsWith('mcp-') || name === 'accept' || name === 'content-type')
      ? [[name, value]]
      : [],
  );
