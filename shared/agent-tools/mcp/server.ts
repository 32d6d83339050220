import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import { promptFragment } from '../prompt-fragment.ts';
import type { Tools, ToolResult } from '../tools.ts';

/** From 2025-06-18 on: the newest is asked for per request and has no handshake, the older two begin with one. */
export const protocolVersions = ['2026-07-28', '2025-11-25', '2025-06-18'];

export const PROMPT = 'missions';
export const RESOURCE = 'missions://prompt';
const described = {
  title: 'Working with missions',
  description:
    'What missions are for, how to work across conversations, and when to ask the user. For a system prompt.',
};
const MIME_TYPE = 'text/markdown';

export interface McpOptions {
  readonly tools: Tools;
  /** Where the user answers a question: shown to clients that offer to open an address for their user. */
  readonly inputRequestUrl?: (question: { request_id: string; mission_id: string }) => string;
}

/**
 * Missions as an MCP server: one instance for a connection (stdio) or for a request (HTTP); nothing is kept in it. The low-level server, so that the
 * tools' own schemas and their own messages reach the model: a wrong argument is an answer to mend the call by (`isError`), not a protocol error.
 */
export function mcpServer({ tools, inputRequestUrl }: McpOptions): Server {
  const server = new Server(
    { name: 'missions', title: 'Missions', version: '0.1.0' },
    {
      capabilities: { tools: {}, prompts: {}, resources: {} },
      instructions: promptFragment,
      supportedProtocolVersions: protocolVersions,
    },
  );
  const listed: Tool[] = tools.definitions.map(({ name, title, description, parameters, effects }) => ({
    name,
    title,
    description,
    inputSchema: parameters as unknown as Tool['inputSchema'],
    annotations: {
      title,
      readOnlyHint: effects.readOnly,
      destructiveHint: effects.destructive,
      idempotentHint: effects.idempotent,
      openWorldHint: effects.openWorld,
    },
  }));
  server.setRequestHandler('tools/list', () => ({ tools: listed }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const { name, arguments: args = {} } = params;
    const { signal, requestState, inputResponses } = context.mcpReq;
    if (name === 'mission_ask_user' && inputResponses !== undefined)
      return shown(await tools.call(name, readingOf(args, requestState()), { signal }));
    const result = await tools.call(name, args, { signal });
    const pending =
      inputRequestUrl && name === 'mission_ask_user' && opensAddresses(server, context) ? pendingOf(result) : undefined;
    if (!inputRequestUrl || !pending) return shown(result);
    // The way to the question, not the answer: what the client sends back is only that it was shown.
    const message = 'An agent asks you something. Your answer is taken at this address only.';
    return inputRequired({
      inputRequests: { question: inputRequired.elicitUrl({ message, url: inputRequestUrl(pending) }) },
      requestState: pending.request_id,
    });
  });
  server.setRequestHandler('prompts/list', () => ({ prompts: [{ name: PROMPT, ...described }] }));
  server.setRequestHandler('prompts/get', ({ params }) => {
    if (params.name !== PROMPT)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `There is no prompt "${params.name}"; there is "${PROMPT}".`,
      );
    return {
      description: described.description,
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text: promptFragment } }],
    };
  });
  server.setRequestHandler('resources/list', () => ({
    resources: [{ uri: RESOURCE, name: PROMPT, ...described, mimeType: MIME_TYPE }],
  }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [] }));
  server.setRequestHandler('resources/read', ({ params }) => {
    if (params.uri !== RESOURCE) throw new ResourceNotFoundError(params.uri);
    return { contents: [{ uri: RESOURCE, mimeType: MIME_TYPE, text: promptFragment }] };
  });
  return server;
}

const shown = ({ text, isError }: ToolResult) => ({ content: [{ type: 'text' as const, text }], isError });

/** The client's host can open an address for its user (elicitation in URL mode). An older client over HTTP said so in another request: it gets the text. */
function opensAddresses(server: Server, { mcpReq: { envelope } }: ServerContext): boolean {
  const stated = (envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] as
    ClientCapabilities | undefined;
  const capabilities = stated ?? server.getClientCapabilities();
  return capabilities?.elicitation?.url !== undefined;
}

function pendingOf({ ok, data }: ToolResult): { request_id: string; mission_id: string } | undefined {
  const { status, id, mission_id } = (ok ? data : {}) as { status?: string; id?: string; mission_id?: string };
  return status === 'pending' && id !== undefined && mission_id !== undefined
    ? { request_id: id, mission_id }
    : undefined;
}

/** The question was asked in the round before; the state that comes back is no more than its id, and is read under the caller's own credential. */
const readingOf = (args: unknown, state: unknown): Record<string, unknown> => {
  const { mission_id, wait_seconds } = args as { mission_id?: unknown; wait_seconds?: unknown };
  return { mission_id, request_id: state, ...(wait_seconds !== undefined && { wait_seconds }) };
};
