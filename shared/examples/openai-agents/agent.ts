/**
 * An agent of the OpenAI Agents SDK with a tool that needs an approval. The approval is a question in the user's inbox; the
 * run waits for it in a file. Kill the program, and start it again: it goes on where it was.
 *
 *     MISSIONS_KEY=<an agent's key> MODEL_API_KEY=… MODEL_NAME=… node agent.ts 'Refund order 7'
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { argv, env } from 'node:process';
import { Agent, OpenAIProvider, Runner, RunState, setTracingDisabled, tool } from '@openai/agents';
import { z } from 'zod';
import { MissionsClient } from '@missions/client';

const RUN = env['RUN_FILE'] ?? 'run.json';
/** A run that waits: its state, its mission, and the question about each call. */
interface Waiting {
  readonly mission: string;
  readonly state: string;
  readonly questions: Record<string, string>;
}

const missions = new MissionsClient({
  baseUrl: env['MISSIONS_URL'] ?? 'http://127.0.0.1:8003',
  credential: env['MISSIONS_KEY'] ?? '',
  userId: env['MISSIONS_USER_ID'] ?? 'ada',
});

const refund = tool({
  name: 'refund',
  description: 'Pays an order back.',
  parameters: z.object({ order: z.string(), amount: z.number() }),
  needsApproval: true,
  // Your payment service would take the call's id as its idempotency key.
  execute: ({ order, amount }, _context, details) => {
    console.log(`refunded ${amount} for order ${order} (${details?.toolCall?.callId})`);
    return 'Paid back.';
  },
});
const agent = new Agent({
  name: 'Shop',
  instructions: 'You help the customers of a shop.',
  model: env['MODEL_NAME'] ?? '',
  tools: [refund],
});
// Traces would go to OpenAI. `useResponses: false` is for other servers, which speak chat completions.
setTracingDisabled(true);
const modelProvider = new OpenAIProvider({
  apiKey: env['MODEL_API_KEY'] ?? '',
  baseURL: env['MODEL_BASE_URL'] ?? 'https://api.openai.com/v1',
  useResponses: false,
});
const runner = new Runner({ modelProvider });

async function begin(request: string) {
  const { id } = await missions.createMission({ title: request });
  return { mission: id, result: await runner.run(agent, request) };
}

/** Waits for the answers, for as long as they take, and goes on. */
async function goOn({ mission, state: saved, questions }: Waiting) {
  const state = await RunState.fromString(agent, saved);
  for (const call of state.getInterruptions()) {
    const question = questions[callId(call.rawItem)] ?? '';
    let answered;
    do answered = await missions.getInputRequest(mission, question, { wait: 60 });
    while (answered.status === 'pending');
    if (answered.response?.selected_option === 'approve') state.approve(call);
    else state.reject(call, { message: 'The user did not approve it.' });
  }
  return { mission, result: await runner.run(agent, state) };
}
const callId = (item: object): string => ('callId' in item ? String(item.callId) : '');

let { mission, result } = existsSync(RUN)
  ? await goOn(JSON.parse(readFileSync(RUN, 'utf8')) as Waiting)
  : await begin(argv[2] ?? 'Refund order 7');
while (result.interruptions.length > 0) {
  const questions: Record<string, string> = {};
  for (const { name, rawItem } of result.interruptions) {
    const call = callId(rawItem);
    const args = JSON.parse(('arguments' in rawItem && rawItem.arguments) || '{}') as object;
    const action = { ...args, type: name ?? '' };
    const asked = await missions.askUser(
      mission,
      { prompt: `May I ${name}?`, action, irreversible: true },
      { idempotencyKey: `${mission}:${call}` },
    );
    questions[call] = asked.request_id;
    console.log(`asked ${asked.request_id}`);
  }
  const waiting: Waiting = { mission, state: result.state.toString(), questions };
  writeFileSync(RUN, JSON.stringify(waiting));
  ({ mission, result } = await goOn(waiting));
}
console.log(result.finalOutput);
await missions.updateMission(mission, { status: 'completed', summary: String(result.finalOutput) });
rmSync(RUN, { force: true });
