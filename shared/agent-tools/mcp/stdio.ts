import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { MissionsClient } from '@missions/client/client.ts';
import { createTools } from '../tools.ts';
import { mcpConfig } from './config.ts';
import { questionAddress } from './input-request-address.ts';
import { mcpServer } from './server.ts';

/** `node shared/agent-tools/mcp/stdio.ts`: MCP over stdin and stdout. Nothing but the protocol is written to stdout; what goes wrong goes to stderr. */
const { baseUrl, credential, userId, customerId, agentId, conversationId, questionUrl: template } = mcpConfig();
const client = new MissionsClient({ baseUrl, credential, ...(customerId !== undefined && { customerId }) });
const address = template === undefined ? {} : { questionUrl: questionAddress(template) };
const tools = createTools({
  client,
  userId,
  ...(agentId !== undefined && { agentId }),
  ...(conversationId !== undefined && { conversationId }),
  ...address,
});

const served = serveStdio(() => mcpServer({ tools, ...address }), { onerror: (error) => console.error(error.message) });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void served.close());
