import { readFileSync } from 'node:fs';
import { MissionsClient } from '@missions/client/client.ts';
import { openAiTools } from '../formats/openai.ts';
import { createTools, promptFragment } from '../tools.ts';
import { missedArguments, plainRequests } from './plain-requests.ts';

/**
 * `node shared/agent-tools/testing/try-a-model.ts <base URL> <model> < file-with-the-key` asks a model behind any API
 * that speaks OpenAI's chat completions for its first call to each request of `plain-requests.json`, and prints how
 * many it chose right. No tool is called. The key comes from stdin, so that no list of processes shows it.
 */
const [, , baseUrl, model] = process.argv;
if (baseUrl === undefined || model === undefined) {
  console.error('Usage: node shared/agent-tools/testing/try-a-model.ts <base URL> <model> < file-with-the-key');
  process.exit(2);
}
const key = readFileSync(0, 'utf8').trim();
const { definitions } = createTools({
  client: new MissionsClient({ baseUrl: 'http://127.0.0.1', credential: 'none' }),
  conversationId: 'bound',
});
const system = `${promptFragment}\n\nYou have looked already, and know:\n${plainRequests.known.join('\n')}`;

interface Completion {
  readonly choices?: readonly {
    readonly message?: { readonly tool_calls?: readonly { readonly function: { name: string; arguments: string } }[] };
  }[];
}

async function firstCall(says: string): Promise<{ name: string; args: Record<string, unknown> } | undefined> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== '' && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({
      model,
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: says },
      ],
      tools: openAiTools(definitions),
    }),
  });
  if (!response.ok) throw new Error(`${model} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  const call = ((await response.json()) as Completion).choices?.[0]?.message?.tool_calls?.[0]?.function;
  return call && { name: call.name, args: JSON.parse(call.arguments || '{}') as Record<string, unknown> };
}

let right = 0;
for (const { says, tool, arguments: expected } of plainRequests.requests) {
  const call = await firstCall(says);
  const missed = call?.name === tool ? missedArguments(expected, call.args) : [];
  if (call?.name === tool && missed.length === 0) right++;
  else if (call?.name === tool) console.log(`arguments ${missed.join(', ')}: ${says}\n  ${JSON.stringify(call.args)}`);
  else console.log(`${call?.name ?? 'no call'} instead of ${tool}: ${says}`);
}
console.log(`${right} of ${plainRequests.requests.length} right`);
