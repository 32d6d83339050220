import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { fileURLToPath } from 'node:url';
import { product } from '@missions/test-support/shared-product.ts';

export interface Identity {
  readonly credential?: string;
  readonly customerId?: string;
  readonly userId?: string;
  readonly headers?: Record<string, string>;
  readonly env?: Record<string, string>;
}

/**
 * The current revision, which has no handshake; an older one with its handshake; or the one that client and server
 * negotiate.
 */
export type Revision = '2026-07-28' | '2025-11-25' | '2025-06-18' | 'agreed';

const info = { name: 'spec', version: '1.0.0' };

export function mcpClient(revision: Revision, options: ClientOptions = {}): Client {
  if (revision === 'agreed') return new Client(info, { ...options, versionNegotiation: { mode: 'auto' } });
  if (revision === '2026-07-28')
    return new Client(info, { ...options, versionNegotiation: { mode: { pin: revision } } });
  return new Client(info, { ...options, supportedProtocolVersions: [revision] });
}

/** Connects the official client to the gateway's `/mcp`. */
export async function overHttp(
  revision: Revision,
  { credential, customerId, userId = 'ada', headers = {} }: Identity = {},
  options: ClientOptions = {},
): Promise<Client> {
  const { origin, secret } = await product();
  const client = mcpClient(revision, options);
  const sent = {
    Authorization: `Bearer ${credential ?? secret}`,
    'X-User-ID': userId,
    ...(customerId !== undefined && { 'X-Customer-ID': customerId }),
    ...headers,
  };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { requestInit: { headers: sent } }));
  return client;
}

/** Connects the official client to its own server process over stdin and stdout, as an MCP host does. */
export async function overStdio(
  revision: Revision,
  { credential, customerId, userId = 'ada', env = {} }: Identity = {},
  options: ClientOptions = {},
  prepare: (client: Client) => void = () => undefined,
): Promise<Client> {
  const { origin, secret } = await product();
  const client = mcpClient(revision, options);
  prepare(client);
  const settings = {
    MISSIONS_URL: origin,
    MISSIONS_KEY: credential ?? secret,
    MISSIONS_USER_ID: userId,
    ...(customerId !== undefined && { MISSIONS_CUSTOMER_ID: customerId }),
    ...env,
  };
  const script = fileURLToPath(new URL('../mcp/stdio.ts', import.meta.url));
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [script], env: settings, stderr: 'pipe' }),
  );
  return client;
}

/** The text of a tool's result. @throws Error unless the call ended as expected. */
export async function called(
  client: Client,
  name: string,
  args: Record<string, unknown>,
  expected: 'done' | 'failed' = 'done',
): Promise<string> {
  const result = await client.callTool({ name, arguments: args });
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  if ((result.isError ?? false) !== (expected === 'failed')) throw new Error(`${name}: ${text}`);
  return text;
}

/** The first UUID in a text; "" if there is none. */
export const idIn = (text: string): string => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';
