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
import type { Tools, ToolResult } from '../tools.ts';

/** The newest revision is selected per request without a handshake; the two older ones start with a handshake. */
export const protocolVersions = ['2026-07-28', '2025-11-25', '2025-06-18'];

export const PROMPT = 'missions';
export const RESOURCE = 'missions://prompt';
const promptDescription = {
  title: 'Working with missions',
  description:
    'What missions are for, how to work across conversations, and when to ask the user. For a system prompt.',
};
const MIME_TYPE = 'text/markdown';

export interface McpOptions {
  readonly tools: Tools;
  /** The address where the user responds to an input request, for clients that can open an address for their user. */
  readonly inputRequestUrl?: (request: { request_id: string; mission_id: string }) => string;
}

/**
 * Missions as an MCP server without state: one instance for a connection (stdio) or for a request (HTTP). The low-level
 * server is used, so that the tools' own schemas and messages reach the model: a wrong argument becomes a result that
 * says how to correct the call (`isError`), not a protocol error.
 */
export function mcpServer({ tools, inputRequestUrl }: McpOptions): Server {
  const server = new Server(
    { name: 'missions', title: 'Missions', version: '0.1.0' },
    {
      capabilities: { tools: {}, prompts: {}, resources: {} },
      instructions: tools.prompt,
      supportedProtocolVersions: protocolVersions,
    },
  );
  const mcpTools: Tool[] = tools.definitions.map(({ name, title, description, parameters, effects }) => ({
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
  server.setRequestHandler('tools/list', () => ({ tools: mcpTools }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const { name, arguments: args = {} } = params;
    const { signal, requestState, inputResponses } = context.mcpReq;
    if (name === 'mission_ask_user' && inputResponses !== undefined)
      return callResult(await tools.call(name, readArguments(args, requestState()), { signal }));
    const result = await tools.call(name, args, { signal });
    const pending =
      inputRequestUrl && name === 'mission_ask_user' && opensAddresses(server, context) ? pendingOf(result) : undefined;
    if (!inputRequestUrl || !pending) return callResult(result);
    // The elicitation only shows the address. The client's reply says that it was shown, and is never taken as the
    // user's response.
    const message = 'An agent asks you something. Your answer is taken at this address only.';
    return inputRequired({
      inputRequests: { question: inputRequired.elicitUrl({ message, url: inputRequestUrl(pending) }) },
      requestState: pending.request_id,
    });
  });
  server.setRequestHandler('prompts/list', () => ({ prompts: [{ name: PROMPT, ...promptDescription }] }));
  server.setRequestHandler('prompts/get', ({ params }) => {
    if (params.name !== PROMPT)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `There is no prompt "${params.name}"; there is "${PROMPT}".`,
      );
    return {
      description: promptDescription.description,
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text: tools.prompt } }],
    };
  });
  server.setRequestHandler('resources/list', () => ({
    resources: [{ uri: RESOURCE, name: PROMPT, ...promptDescription, mimeType: MIME_TYPE }],
  }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [] }));
  server.setRequestHandler('resources/read', ({ params }) => {
    if (params.uri !== RESOURCE) throw new ResourceNotFoundError(params.uri);
    return { contents: [{ uri: RESOURCE, mimeType: MIME_TYPE, text: tools.prompt }] };
  });
  return server;
}

const callResult = ({ text, isError }: ToolResult) => ({ content: [{ type: 'text' as const, text }], isError });

/**
 * Whether the client can open an address for its user (elicitation in URL mode). An older client over HTTP declares
 * that in another request, which is not known here: it gets the text.
 */
function opensAddresses(server: Server, { mcpReq: { envelope } }: ServerContext): boolean {
  const declared = (envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] as
    ClientCapabilities | undefined;
  const capabilities = declared ?? server.getClientCapabilities();
  return capabilities?.elicitation?.url !== undefined;
}

function pendingOf({ ok, data }: ToolResult): { request_id: string; mission_id: string } | undefined {
  const { status, id, mission_id } = (ok ? data : {}) as { status?: string; id?: string; mission_id?: string };
  return status === 'pending' && id !== undefined && mission_id !== undefined
    ? { request_id: id, mission_id }
    : undefined;
}

/**
 * Arguments that read the input request of the previous round. The returned state is only its id, which is read with
 * the caller's own credential.
 */
const readArguments = (args: unknown, state: unknown): Record<string, unknown> => {
  const { mission_id, wait_seconds } = args as { mission_id?: unknown; wait_seconds?: unknown };
  return { mission_id, request_id: state, ...(wait_seconds !== undefined && { wait_seconds }) };
};
