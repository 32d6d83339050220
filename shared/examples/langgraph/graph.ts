/**
 * A graph of LangGraph.js whose interrupt waits on a question in the user's inbox.
 *
 *     MISSIONS_KEY=<an agent's key> node graph.ts 'We move to the new office in May.'
 */
import { argv, env } from 'node:process';
import {
  Command,
  END,
  INTERRUPT,
  interrupt,
  isInterrupted,
  MemorySaver,
  START,
  StateGraph,
  StateSchema,
} from '@langchain/langgraph';
import { z } from 'zod';
import { MissionsClient } from '@missions/client';

const missions = new MissionsClient({
  baseUrl: env['MISSIONS_URL'] ?? 'http://127.0.0.1:8003',
  credential: env['MISSIONS_KEY'] ?? '',
  userId: env['MISSIONS_USER_ID'] ?? 'ada',
});

/** What an interrupt of this graph shows is the body of a question. */
type Question = Parameters<MissionsClient['askUser']>[1];
const Answer = z.object({ approved: z.boolean(), text: z.string() });

const State = new StateSchema({ text: z.string(), status: z.enum(['draft', 'published', 'dropped']) });
const graph = new StateGraph(State)
  .addNode(
    'approve',
    ({ text }) => {
      const question: Question = {
        prompt: 'Shall I publish this?',
        action: { type: 'publish', text },
        edits: { type: 'object', properties: { text: { type: 'string', minLength: 1 } } },
      };
      const answer = interrupt(question, { responseSchema: Answer });
      return new Command({
        goto: answer.approved ? 'publish' : 'drop',
        update: answer.approved ? { text: answer.text } : {},
      });
    },
    { ends: ['publish', 'drop'] },
  )
  .addNode('publish', ({ text }) => {
    console.log(`published: ${text}`);
    return { status: 'published' as const };
  })
  .addNode('drop', () => ({ status: 'dropped' as const }))
  .addEdge(START, 'approve')
  .addEdge('publish', END)
  .addEdge('drop', END)
  // A checkpointer with a database (PostgresSaver) lets another process go on.
  .compile({ checkpointer: new MemorySaver() });

const text = argv[2] ?? 'We move to the new office in May.';
const mission = await missions.createMission({ title: 'Publish a note', tasks: [{ title: 'Ask, then publish' }] });
// The mission's id is the thread's: whoever knows the one finds the other.
const config = { configurable: { thread_id: mission.id } };

/** Asks the user what an interrupt asks, and waits for as long as it takes. Its id makes asking again harmless. */
async function answerTo(id: string, question: Question): Promise<z.infer<typeof Answer>> {
  const { request_id } = await missions.askUser(mission.id, question, { idempotencyKey: `${mission.id}:${id}` });
  console.log(`asked ${request_id}`);
  let answered;
  do answered = await missions.getInputRequest(mission.id, request_id, { wait: 60 });
  while (answered.status === 'pending');
  // There is an effective action where the user approved: the action, with what they changed in it.
  const approved = answered.response?.effective_action;
  return Answer.parse({ approved: approved !== undefined, text: approved?.['text'] ?? '' });
}

let state = await graph.invoke({ text, status: 'draft' }, config);
while (isInterrupted<Question>(state)) {
  const answers: Record<string, z.infer<typeof Answer>> = {};
  for (const { id = '', value } of state[INTERRUPT]) if (value) answers[id] = await answerTo(id, value);
  state = await graph.invoke(new Command({ resume: answers }), config);
}
console.log(state.status);
await missions.updateMission(mission.id, { status: 'completed', summary: `The note is ${state.status}.` });
