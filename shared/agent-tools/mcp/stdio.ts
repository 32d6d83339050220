import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { MissionsClient } from '@missions/client/client.ts';
import { createTools } from '../tools.ts';
import { mcpConfig } from './config.ts';
import { mcpServer } from './server.ts';

/**
 * `node shared/agent-tools/mcp/stdio.ts`: MCP over stdin and stdout. Only the protocol is written to stdout; errors are
 * written to stderr.
 */
const { baseUrl, credential, userId, customerId, agentId, conversationId, inputRequestUrl: template } = mcpConfig();
const client = new MissionsClient({ baseUrl, credential, ...(customerId !== undefined && { customerId }) });
const address = template === undefined ? {} : { inputRequestUrl: addressFrom(template) };
const tools = createTools({
  client,
  userId,
  ...(agentId !== undefined && { agentId }),
  ...(conversationId !== undefined && { conversationId }),
  ...address,
});

const served = serveStdio(() => mcpServer({ tools, ...address }), { onerror: (error) => console.error(error.message) });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void served.close());

/** Fills in the ids of a template such as `https://app.example.com/questions/{request_id}`. */
function addressFrom(urlTemplate: string) {
  return ({ request_id, mission_id }: { request_id: string; mission_id: string }): string =>
    urlTemplate
      .replaceAll('{request_id}', encodeURIComponent(request_id))
      .replaceAll('{mission_id}', encodeURIComponent(mission_id));
}
