import { createMcpHandler } from '@modelcontextprotocol/server';
import { type McpOptions, mcpServer } from './server.ts';

/** Answers one MCP message, whose body is read and whose caller is known. */
export type AnswerMcp = (request: Request, body: unknown, options: McpOptions) => Promise<Response>;

/**
 * MCP over streamable HTTP, without sessions: every request brings its credential and is complete in itself, so any copy of the gateway answers it.
 * The current revision is served natively, the older ones by a handshake that nothing is kept of.
 */
export function mcpOverHttp(onError: (error: Error) => void): AnswerMcp {
  // Whose tools they are travels beside the request: the server is made for each one anew.
  const callers = new WeakMap<object, McpOptions>();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const options = authInfo && callers.get(authInfo);
      if (!options) throw new Error('a request came without its caller');
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
