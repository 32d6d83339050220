import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ModelServer, startModelServer } from '@missions/agent/testing/model-server.ts';
import type { ScriptedCall } from '@missions/agent/testing/model-script.ts';
import { promptFragment } from '@missions/agent-tools';
import { Api } from '@missions/test-support/api.ts';
import { agentKey } from '@missions/test-support/reference-agent.ts';
import { type SharedProduct, product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { checkTypes, copyOf, notTested } from './testing/frameworks.ts';
import { run } from './testing/run.ts';

const LONG = process.env['LONG'] === '1';
const call = (name: string, args: object): { calls: ScriptedCall[] } => ({ calls: [{ name, args }] });
const idIn = (text: string): string => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';
const options = ['monday', 'tuesday'].map((id) => ({ id, label: id }));

/** Each example acts for a user of its own, named as it is. The model follows a script. */
describe('the example in a framework', () => {
  let shared: SharedProduct;
  let model: ModelServer;
  let api: Api;
  let env: Record<string, string>;
  const away: (() => void)[] = [];

  before(async () => {
    shared = await product();
    model = await startModelServer();
    api = new Api(shared);
    env = {
      MISSIONS_URL: shared.origin,
      MISSIONS_KEY: await agentKey(shared.database, api.customer, 'example'),
      ...{ MODEL_BASE_URL: model.baseUrl, MODEL_API_KEY: 'key', MODEL_NAME: 'scripted' },
      MASTRA_TELEMETRY_DISABLED: '1',
    };
  });
  after(async () => {
    for (const remove of away) remove();
    await model?.close();
  });

  const start = (user: string, folder: string, file: string, ...args: string[]) =>
    run(process.execPath, [join(folder, file), ...args], { ...env, MISSIONS_USER_ID: user }, folder);

  async function answer(user: string, id: string, body: object): Promise<void> {
    const path = `/api/v1/input-requests/${id}/respond`;
    const { status, text } = await api.insist('POST', path, { body, headers: { 'x-user-id': user } });
    expect(status, text).to.equal(200);
  }

  /** In one conversation a mission begins and asks; in another it goes on with the answer. */
  async function twoConversations(user: string, folder: string, file: string): Promise<void> {
    const talk = async (message: string): Promise<string> => {
      const { code, output, errors } = await start(user, folder, file, message).ended;
      expect(code, errors).to.equal(0);
      return output;
    };
    const last = () => model.asked.at(-1)?.turns.at(-1)?.text ?? '';
    model.follow((_asked, step) => {
      if (step === 0) return call('mission_create', { title: 'Plan the offsite', tasks: [{ title: 'Choose a day' }] });
      if (step === 1) return call('mission_ask_user', { mission_id: idIn(last()), prompt: 'Which day?', options });
      return { say: 'I have asked which day.' };
    });
    expect(await talk('Plan the offsite')).to.equal('I have asked which day.\n');
    expect(model.asked.at(-1)?.system).to.contain(promptFragment);
    expect(model.asked.at(-1)?.tools).to.have.length(13).and.include('mission_ask_user');

    const { body } = await api.get('/api/v1/input-requests?status=pending', { headers: { 'x-user-id': user } });
    expect(body.input_requests, JSON.stringify(body)).to.have.length(1);
    await answer(user, body.input_requests[0].request_id, { selected_option: 'tuesday' });

    model.follow((_asked, step) => {
      if (step === 0) return call('mission_list', {});
      if (step === 1) return call('mission_resume', { mission_id: idIn(last()) });
      return { say: last().includes('tuesday') ? 'It is on Tuesday.' : last() };
    });
    expect(await talk('How is the offsite?')).to.equal('It is on Tuesday.\n');
  }

  it('AI SDK finds in one conversation what another has begun', () =>
    twoConversations('ai-sdk', join(import.meta.dirname, 'ai-sdk'), 'agent.ts'));

  it('of an MCP host finds in one conversation what another has begun', () =>
    twoConversations('mcp-host', join(import.meta.dirname, 'mcp-host'), 'host.ts'));

  /** A test of an example whose framework may be missing here. */
  function withFramework(name: string, file: string, title: string, test: (folder: string) => Promise<void>): void {
    const missing = notTested(name);
    if (missing) return console.warn(missing);
    it(title, async () => {
      const { folder, remove } = await copyOf(name);
      away.push(remove);
      // The compiler takes longer than the example.
      if (LONG) await checkTypes(folder, file);
      await test(folder);
    });
  }

  withFramework('mastra', 'agent.ts', 'Mastra finds in one conversation what another has begun', (folder) =>
    twoConversations('mastra', folder, 'agent.ts'),
  );

  withFramework(
    'openai-agents',
    'agent.ts',
    'OpenAI Agents SDK pays back what its user approved, once, though it was killed while it waited',
    async (folder) => {
      model.follow((asked) =>
        asked.turns.some(({ role }) => role === 'tool')
          ? { say: `Done: ${asked.turns.at(-1)?.text}` }
          : call('refund', { order: '7', amount: 20 }),
      );
      const killed = start('openai', folder, 'agent.ts', 'Refund order 7');
      await waitUntil(() => existsSync(join(folder, 'run.json')), { what: `a run that waits: ${killed.said.errors}` });
      killed.stop('SIGKILL');
      const { output } = await killed.ended;
      const id = idIn(output);
      expect(output).to.equal(`asked ${id}\n`);
      await answer('openai', id, { selected_option: 'approve', confirmed: true });

      const { code, output: more, errors } = await start('openai', folder, 'agent.ts').ended;
      expect(code, errors).to.equal(0);
      expect(more).to.match(/^refunded 20 for order 7 \(call_\w+\)\nDone: Paid back\.\n$/);
      expect(existsSync(join(folder, 'run.json'))).to.equal(false);
    },
  );

  withFramework(
    'langgraph',
    'graph.ts',
    'LangGraph.js waits with its interrupt for the user, who changes what is published',
    async (folder) => {
      const { said, ended } = start('langgraph', folder, 'graph.ts', 'We move in May.');
      await waitUntil(() => said.output.includes('asked'), { what: `a question: ${said.errors}` });
      const approval = { selected_option: 'approve', edits: { text: 'We move in June.' } };
      await answer('langgraph', idIn(said.output), approval);
      const { code, output, errors } = await ended;
      expect(code, errors).to.equal(0);
      expect(output).to.match(/^asked \S+\npublished: We move in June\.\npublished\n$/);

      const refused = start('langgraph', folder, 'graph.ts', 'We move in July.');
      await waitUntil(() => refused.said.output.includes('asked'), { what: `a question: ${refused.said.errors}` });
      await answer('langgraph', idIn(refused.said.output), { selected_option: 'reject' });
      expect((await refused.ended).output).to.match(/^asked \S+\ndropped\n$/);
    },
  );
});
