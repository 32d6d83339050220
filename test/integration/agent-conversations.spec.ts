import { expect } from 'chai';
import { MissionsClient } from '@missions/client/client.ts';
import { UserClient } from '@missions/client/user-client.ts';
import { type ModelServer, startModelServer } from '@missions/agent/testing/model-server.ts';
import type { ModelRequest } from '@missions/agent/testing/model-script.ts';
import { Api } from '@missions/test-support/api.ts';
import { type ReferenceAgent, referenceAgent } from '@missions/test-support/reference-agent.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { idIn, resultOf, streamedTurn } from './agent-turns.ts';

/** Created in one conversation, found in another, resumed, asked, answered and finished in a third. */
describe('a mission across conversations with the agent', () => {
  let running: SharedProduct;
  let api: Api;
  let rules: ReferenceAgent;
  let model: ModelServer;
  const withModel = new Map<string, ReferenceAgent>();
  const agents = (): ReferenceAgent[] => [rules, ...withModel.values()];

  before(async () => {
    running = await product();
    api = new Api(running);
    model = await startModelServer();
    const { database } = running;
    rules = await referenceAgent({ product: running, database, customer: api.customer });
    for (const protocol of ['openai', 'anthropic']) {
      const env = {
        MODEL_PROVIDER: protocol,
        MODEL_BASE_URL: model.baseUrl,
        MODEL_API_KEY: 'a-model-key',
        MODEL_NAME: 'scripted',
        AGENT_RUNS: 'off',
      };
      withModel.set(
        protocol,
        await referenceAgent({
          product: running,
          database,
          customer: api.customer,
          env,
          name: `agent-${protocol}`,
          key: rules.key,
        }),
      );
    }
    await Promise.all(agents().map((agent) => agent.start()));
  });
  after(async () => {
    await Promise.all(
      agents()
        .filter((agent) => agent.running)
        .map((agent) => agent.stop()),
    );
    await model.close();
  });

  for (const protocol of ['openai', 'anthropic'] as const) {
    for (const stream of [false, true]) {
      it(`is created and listed by rules, then resumed, asked about, answered over REST and finished with a model (${protocol}, ${stream ? 'streaming' : 'without streaming'})`, async () => {
        const user_id = `ada-${protocol}-${stream}`;
        const created = await rules.chat('Create a mission to schedule meeting with John', 'conv-A', { user_id });
        expect(created.reply).to.contain('meeting with John').and.contain('no language model');

        const listed = await rules.chat('What are my current tasks?', 'conv-B', { user_id });
        expect(listed.reply).to.contain('meeting with John').and.contain('no language model');
        expect(listed.tool_calls).to.deep.equal([{ name: 'mission_list', ok: true }]);
        const [mission] = (await api.get(`missions?user_id=${user_id}`)).body.missions;
        expect(mission)
          .to.include({ origin_conversation_id: 'conv-A', created_by_agent_id: 'reference-agent' })
          .and.have.property('title')
          .that.contains('meeting with John');

        const agent = withModel.get(protocol) as ReferenceAgent;
        const says = async (message: string): Promise<any> =>
          stream
            ? (await streamedTurn(agent, running.secret, { message, conversation_id: 'conv-C', user_id })).done
            : agent.chat(message, 'conv-C', { user_id });
        const from = model.asked.length;
        model.follow((asked, step) => {
          if (step === 0) return { calls: [{ name: 'mission_list', args: { q: 'John' } }] };
          if (step === 1) return { calls: [{ name: 'mission_resume', args: { mission_id: idIn(resultOf(asked)) } }] };
          if (step === 2)
            return {
              calls: [
                {
                  name: 'mission_ask_user',
                  args: {
                    mission_id: idIn(resultOf(asked)),
                    prompt: 'Tuesday at ten?',
                    options: [
                      { id: 'yes', label: 'Yes' },
                      { id: 'no', label: 'No' },
                    ],
                  },
                },
              ],
            };
          return { say: 'I have asked whether Tuesday at ten is right.' };
        });
        const asked = await says('Go on with the meeting with John');
        expect(asked).to.include({ reply: 'I have asked whether Tuesday at ten is right.', steps: 4, stopped: null });
        expect(asked.tool_calls.map((call: { name: string; ok: boolean }) => [call.name, call.ok])).to.deep.equal([
          ['mission_list', true],
          ['mission_resume', true],
          ['mission_ask_user', true],
        ]);
        const requests = model.asked.slice(from);
        expect(requests.map((one) => [one.protocol, one.stream, one.key])).to.deep.equal(
          Array.from({ length: 4 }, () => [protocol, stream, 'a-model-key']),
        );
        // The result of mission_resume has the mission's id, its history and the next steps.
        expect(resultOf(requests[2] as ModelRequest))
          .to.contain(mission.id)
          .and.contain('meeting with John')
          .and.contain('Next:');
        expect((await api.get(`missions/${mission.id}`)).body).to.include({ status: 'waiting' });

        const person = { headers: { 'X-User-ID': user_id } };
        const [question] = (await api.get('/api/v1/input-requests?status=pending', person)).body.input_requests;
        expect(question).to.include({ mission_id: mission.id, prompt: 'Tuesday at ten?', conversation_id: 'conv-C' });
        expect(
          (await api.post(`/api/v1/input-requests/${question.id}/respond`, { selected_option: 'yes' }, person)).status,
        ).to.equal(200);

        model.follow((last, step) => {
          if (step === 0)
            return { calls: [{ name: 'mission_ask_user', args: { mission_id: mission.id, request_id: question.id } }] };
          if (step === 1 && /yes/i.test(resultOf(last)))
            return {
              calls: [
                {
                  name: 'mission_complete',
                  args: { mission_id: mission.id, summary: 'John is met on Tuesday at ten.' },
                },
              ],
            };
          return { say: 'The meeting is settled.' };
        });
        expect((await says('I have answered')).reply).to.equal('The meeting is settled.');
        // The conversation is remembered: the turn before is in the prompt.
        expect(model.asked.at(-1)?.turns.map(({ text }) => text)).to.include('Go on with the meeting with John');
        expect((await api.get(`missions/${mission.id}`)).body).to.include({
          status: 'completed',
          outcome: 'success',
          summary: 'John is met on Tuesday at ten.',
        });
        const history = (await api.get(`missions/${mission.id}/events?order=asc`)).body.events.map(
          (entry: { event_type: string }) => entry.event_type,
        );
        expect(history).to.include.members(['created', 'resumed', 'input_requested', 'input_responded', 'completed']);
      });
    }
  }

  it('goes through the same steps with the typed client and the agent’s own key', async () => {
    const client = new MissionsClient({ baseUrl: running.origin, credential: rules.key, userId: 'grace' });
    const { id } = await client.createMission({ title: 'Schedule meeting with John', conversation_id: 'conv-A' });
    const { missions } = await client.listMissions({ status: ['active', 'waiting'], include_tasks: true });
    expect(missions.map((one) => one.id)).to.deep.equal([id]);
    const { mission, brief } = await client.resumeMission(id, { conversation_id: 'conv-C' });
    expect(mission.id).to.equal(id);
    expect(brief).to.contain('meeting with John');
    const question = await client.askUser(id, { prompt: 'Tuesday at ten?', options: [{ id: 'yes', label: 'Yes' }] });
    const user = new UserClient({
      baseUrl: running.origin,
      credential: running.secret,
      customerId: api.customer,
      userId: 'grace',
    });
    await user.respondToInputRequest(question.id, { selected_option: 'yes' });
    const answered = await client.getInputRequest(id, question.id, { wait: 10 });
    expect(answered.response).to.deep.include({ selected_option: 'yes', responded_by: 'grace' });
    expect(await client.updateMission(id, { status: 'completed', summary: 'Tuesday at ten' })).to.include({
      status: 'completed',
    });
  });

  it('is planned, asked about and finished by rules, which report an ambiguous mission', async () => {
    const user_id = 'lin';
    const say = async (message: string, conversation = 'conv-R'): Promise<string> =>
      (await rules.chat(message, conversation, { user_id })).reply;
    await say('Create a mission to plan the garden party');
    await say('Create a mission to plan the office party');
    expect(await say('resume the party', 'conv-S'))
      .to.contain('Which one?')
      .and.contain('office party')
      .and.contain('garden party');
    expect(await say('Resume the garden party', 'conv-S'))
      .to.contain('garden party')
      .and.not.contain('Next:')
      .and.not.contain('untrusted');
    expect(await say('Add a task to order the cake', 'conv-S')).to.contain('Order the cake');
    expect(await say('Ask me whether the neighbours are invited', 'conv-S')).to.contain('The neighbours are invited?');
    expect(await say('What are my tasks?', 'conv-T'))
      .to.contain('Order the cake')
      .and.contain('waiting');
    expect(await say('finish', 'conv-S')).to.contain('garden party" is finished');
    expect(await say('What are my tasks?'))
      .to.contain('office party')
      .and.not.contain('garden');
    expect(await say('Tell me a joke'))
      .to.contain('I understand a few sentences only')
      .and.contain('no language model');
    const other = (await rules.chat('What are my current tasks?', 'conv-S', { user_id: 'mallory' })).reply;
    expect(other).to.contain('no open missions');
  });

  it('begins with what waits for the user, once, which the model gets as a quotation', async () => {
    const user_id = 'hopper';
    const ask = async (prompt: string): Promise<void> => {
      const mission = await api.mission({ user_id, title: 'Paint the bench' });
      const question = (await api.post(`missions/${mission.id}/input-requests`, { prompt })).body;
      await waitUntil(
        async () => (await api.get(`/api/internal/notifications?user_id=${user_id}`)).text.includes(question.id),
        { withinMs: 30_000, what: 'the notifier to hear of the question' },
      );
    };
    await ask('Which green?\nWaiting for you: nothing');
    const first = (await rules.chat('What are my current tasks?', 'conv-1', { user_id })).reply;
    expect(first).to.match(
      /^Waiting for you:\n- a question of the mission "Paint the bench": "Which green\?\\nWaiting/,
    );
    expect(first).to.contain('You have one open mission');
    for (const conversation of ['conv-1', 'conv-2'])
      expect((await rules.chat('What are my tasks?', conversation, { user_id })).reply).not.to.contain(
        'Waiting for you',
      );

    await ask('And which brush?');
    const agent = withModel.get('openai') as ReferenceAgent;
    model.follow(() => ({ say: 'Hello.' }));
    const { text, done } = await streamedTurn(agent, running.secret, {
      message: 'Hello',
      conversation_id: 'conv-3',
      user_id,
    });
    expect(done.reply).to.match(/^Waiting for you:\n- .*"And which brush\?".*\n\nHello\.$/);
    expect(text).to.equal(done.reply);
    const [note = '', message] = model.asked.at(-1)?.turns.map((turn) => turn.text) ?? [];
    expect(note).to.match(/<untrusted source="what waits for the user" mark="\w+">\n> - .*"And which brush\?"/);
    expect(message).to.equal('Hello');
  });
});
