/**
 * An agent of the AI SDK whose work outlives the conversation. Each start is another conversation:
 *
 *     MISSIONS_KEY=<an agent's key> MODEL_API_KEY=… MODEL_NAME=… node agent.ts 'Plan the offsite'
 */
import { randomUUID } from 'node:crypto';
import { argv, env } from 'node:process';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ToolLoopAgent } from 'ai';
import { createTools, promptFragment } from '@missions/agent-tools';
import { aiSdkTools } from '@missions/agent-tools/ai-sdk';
import { MissionsClient } from '@missions/client';

const client = new MissionsClient({
  baseUrl: env['MISSIONS_URL'] ?? 'http://127.0.0.1:8003',
  credential: env['MISSIONS_KEY'] ?? '',
  userId: env['MISSIONS_USER_ID'] ?? 'ada',
});
const provider = createOpenAICompatible({
  name: 'model',
  baseURL: env['MODEL_BASE_URL'] ?? 'https://api.openai.com/v1',
  apiKey: env['MODEL_API_KEY'] ?? '',
});

// The host says who acts, and in which conversation: a model cannot name others.
const conversationId = randomUUID();
const agent = new ToolLoopAgent({
  model: provider(env['MODEL_NAME'] ?? ''),
  instructions: `You are a helpful assistant.\n\n${promptFragment}`,
  // A call of a tool that the SDK repeats has its effect once.
  tools: aiSdkTools(createTools({ client, conversationId }), { idempotencyPrefix: conversationId }),
});

const { text } = await agent.generate({ prompt: argv[2] ?? 'What am I working on?' });
console.log(text);
