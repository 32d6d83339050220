import { createMcpHandler } from '@modelcontextprotocol/server';
import { type McpOptions, mcpServer } from './server.ts';

/** Handles one MCP message whose body is parsed and whose caller is authenticated. */
export type McpHandler = (request: Request, body: unknown, options: McpOptions) => Promise<Response>;

/**
 * MCP over streamable HTTP, without sessions: every request carries its credential, so that any replica of the gateway
 * can handle it. The current revision needs no handshake; the handshake of the older ones leaves no state.
 */
export function mcpOverHttp(onError: (error: Error) => void): McpHandler {
  // The options of a request travel beside it, keyed by its `authInfo`: a server is created for each request.
  const callers = new WeakMap<object, McpOptions>();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const options = authInfo && callers.get(authInfo);
      if (!options) throw new Error('an MCP request has no caller: the gateway must authenticate it first');
      return mcpServer(options);
    },
    { onerror: onError },
  );
  return (request, parsedBody, options) => {
    const authInfo = { token: '', clientId: '', scopes: [] };
    callers.set(authInfo, options);
    return handler.fetch(request, { parsedBody, authInfo });
  };
}
