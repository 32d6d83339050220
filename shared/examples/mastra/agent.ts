/**
 * An agent of Mastra whose work outlives the conversation. Each start is another conversation:
 *
 *     MISSIONS_KEY=<an agent's key> MODEL_API_KEY=… MODEL_NAME=… node agent.ts 'Plan the offsite'
 */
import { randomUUID } from 'node:crypto';
import { argv, env } from 'node:process';
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { createTools, promptFragment } from '@missions/agent-tools';
import { MissionsClient } from '@missions/client';

const client = new MissionsClient({
  baseUrl: env['MISSIONS_URL'] ?? 'http://127.0.0.1:8003',
  credential: env['MISSIONS_KEY'] ?? '',
  userId: env['MISSIONS_USER_ID'] ?? 'ada',
});

// The host says who acts, and in which conversation: a model cannot name others.
const conversationId = randomUUID();
const missions = createTools({ client, conversationId });
const tools = missions.definitions.map(({ name, description, parameters }) =>
  createTool({
    id: name,
    description,
    inputSchema: parameters,
    // A call that is repeated has its effect once. A failure is text for the model too.
    execute: async (args, { agent, abortSignal }) => {
      const idempotencyKey = `${conversationId}:${agent?.toolCallId}`;
      return (await missions.call(name, args, { idempotencyKey, ...(abortSignal && { signal: abortSignal }) })).text;
    },
  }),
);

const agent = new Agent({
  id: 'assistant',
  name: 'Assistant',
  instructions: `You are a helpful assistant.\n\n${promptFragment}`,
  model: {
    providerId: 'model',
    modelId: env['MODEL_NAME'] ?? '',
    url: env['MODEL_BASE_URL'] ?? 'https://api.openai.com/v1',
    apiKey: env['MODEL_API_KEY'] ?? '',
  },
  tools: Object.fromEntries(tools.map((one) => [one.id, one])),
});

const { text } = await agent.generate(argv[2] ?? 'What am I working on?');
console.log(text);
