/**
 * A small MCP host: connects to the product's MCP server, and lets a model use what it finds there.
 *
 *     MISSIONS_KEY=<an agent's key> MODEL_API_KEY=… MODEL_NAME=… node host.ts 'Plan the offsite'
 */
import { argv, env } from 'node:process';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | null;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[];
}

const client = new Client({ name: 'host', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
const headers = {
  authorization: `Bearer ${env['MISSIONS_KEY'] ?? ''}`,
  'x-user-id': env['MISSIONS_USER_ID'] ?? 'ada',
};
const url = new URL('/mcp', env['MISSIONS_URL'] ?? 'http://127.0.0.1:8003');
await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
const { tools } = await client.listTools();
console.error(`${tools.length} tools, revision ${client.getNegotiatedProtocolVersion()}`);

/** The next message of the model, over OpenAI's chat completions. */
async function next(messages: readonly Message[]): Promise<Message> {
  const functions = tools.map(({ name, description, inputSchema }) => ({ name, description, parameters: inputSchema }));
  const response = await fetch(`${env['MODEL_BASE_URL'] ?? 'https://api.openai.com/v1'}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${env['MODEL_API_KEY'] ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: env['MODEL_NAME'],
      messages,
      tools: functions.map((one) => ({ type: 'function', function: one })),
    }),
  });
  if (!response.ok) throw new Error(`The model answered ${response.status}: ${await response.text()}`);
  const { choices } = (await response.json()) as { choices: [{ message: Message }] };
  return choices[0].message;
}

/** A failure is text for the model too: it says how to mend the call. */
async function called(name: string, json: string): Promise<string> {
  const { content } = await client.callTool({ name, arguments: JSON.parse(json || '{}') as Record<string, unknown> });
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

const messages: Message[] = [
  { role: 'system', content: client.getInstructions() ?? '' },
  { role: 'user', content: argv[2] ?? 'What am I working on?' },
];
for (let turn = 0; turn < 16; turn++) {
  const message = await next(messages);
  messages.push(message);
  if (!message.tool_calls?.length) {
    console.log(message.content);
    break;
  }
  for (const call of message.tool_calls)
    messages.push({
      role: 'tool',
      tool_call_id: call.id,
      content: await called(call.function.name, call.function.arguments),
    });
}
await client.close();
