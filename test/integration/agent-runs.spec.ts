import { expect } from 'chai';
import { Client } from 'pg';
import { type ModelServer, startModelServer } from '@missions/agent/testing/model-server.ts';
import { Api } from '@missions/test-support/api.ts';
import { type ReferenceAgent, referenceAgent } from '@missions/test-support/reference-agent.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { resultOf } from './agent-turns.ts';

describe('the reference agent’s runs', () => {
  let running: SharedProduct;
  let api: Api;
  let model: ModelServer;
  let agents: ReferenceAgent[];

  beforeEach(async () => {
    running = await product();
    api = new Api(running);
    model = await startModelServer();
    agents = [];
  });
  afterEach(async () => {
    await Promise.all(agents.filter((agent) => agent.running).map((agent) => agent.stop()));
    await model.close();
  });

  const another = async (env: Record<string, string> = {}): Promise<ReferenceAgent> => {
    const [first] = agents;
    const name = `agent-${agents.length + 1}`;
    const withModel = { MODEL_BASE_URL: model.baseUrl, MODEL_NAME: 'scripted', AGENT_LEASE_SECONDS: '10' };
    const agent = await referenceAgent({
      product: running,
      database: running.database,
      customer: api.customer,
      env: { ...withModel, ...env },
      name,
      ...(first && { key: first.key }),
    });
    agents.push(agent);
    await agent.start();
    return agent;
  };
  const autonomous = (fields: object = {}): Promise<any> =>
    api.mission({ can_run_autonomously: true, tasks: [{ title: 'Find a room' }], ...fields });
  /** Lets the rest of the 10 s pass at once for which an agent that has gone keeps its run. */
  const endLease = async (missionId: string): Promise<void> => {
    const client = new Client({ connectionString: running.database.adminUrl });
    await client.connect();
    try {
      await client.query(
        'update scheduler.run set lease_expires_at = now() where mission_id = $1 and lease_expires_at > now()',
        [missionId],
      );
    } finally {
      await client.end();
    }
  };
  const runsOf = async (id: string): Promise<any[]> => (await api.get(`missions/${id}/runs`)).body.runs;
  const settled = (id: string, count = 1): Promise<any[]> =>
    waitUntil(
      async () => {
        const runs = await runsOf(id);
        return runs.length >= count && runs.every((run) => run.finished_at !== null) && runs;
      },
      { withinMs: 60_000, what: 'the end of the run' },
    );

  it('are claimed, worked on with the tools under the lease, and finished', async () => {
    const mission = await autonomous();
    const task_id = mission.tasks[0].id;
    model.follow([
      {
        calls: [
          {
            name: 'mission_update_task',
            args: { mission_id: mission.id, task_id, status: 'completed', result: { room: 'Blue' } },
          },
        ],
      },
      { say: 'Found one.' },
    ]);
    await another();
    const [run] = await settled(mission.id);
    expect(run).to.include({ status: 'succeeded', agent_id: 'reference-agent', attempt: 1 });
    const [request] = model.asked;
    expect(request?.turns[0]?.text).to.contain(mission.id).and.contain(task_id).and.contain('Find a room');
    expect(request?.tools)
      .to.include('mission_update_task')
      .and.not.include.members(['mission_create', 'mission_resume']);
    const after = (await api.get(`missions/${mission.id}?include_events=20`)).body;
    expect(after.tasks[0]).to.deep.include({ status: 'completed', result: { room: 'Blue' } });
    expect(
      after.recent_events.find((entry: { event_type: string }) => entry.event_type === 'task_completed'),
    ).to.include({ agent_id: 'reference-agent' });
  });

  it('of a killed agent are taken over by another one, and no call has its effect twice', async () => {
    // The question is about one task: a mission that waits for its user as a whole is offered to nobody.
    const mission = await autonomous({ tasks: [{ title: 'Choose a room' }, { title: 'Invite' }] });
    const task_id = mission.tasks[0].id;
    const calls = [{ name: 'mission_add_task', args: { mission_id: mission.id, title: 'Book the room' } }];
    const ask = [
      {
        name: 'mission_ask_user',
        args: { mission_id: mission.id, task_id, prompt: 'The blue one?', options: [{ id: 'yes', label: 'Yes' }] },
      },
    ];
    model.follow((_asked, step) => (step === 0 ? { calls } : step === 1 ? { calls: ask } : { hangs: true }));
    const first = await another();
    await waitUntil(() => model.asked.length === 3, { what: 'the third question to the model' });
    expect((await first.kill()).signal).to.be.oneOf(['SIGKILL', null]);
    await endLease(mission.id);

    const from = model.asked.length;
    // The second agent starts over, with the calls and the members of their arguments in another order.
    const again = [
      {
        name: 'mission_ask_user',
        args: { options: [{ label: 'Yes', id: 'yes' }], prompt: 'The blue one?', task_id, mission_id: mission.id },
      },
      ...calls,
    ];
    model.follow([{ calls: again }, { calls }, { say: 'It is asked.' }]);
    await another();
    const runs = await settled(mission.id, 2);
    // What the second run left ready may bring another one.
    expect(runs.slice(-2).map(({ status, attempt }) => [status, attempt])).to.deep.equal([
      ['succeeded', 2],
      ['expired', 1],
    ]);
    const { tasks, input_requests } = (await api.get(`missions/${mission.id}`)).body;
    // A call that one run repeats has its effect twice; a call that the previous run made already has no second effect.
    expect(tasks.map((task: { title: string }) => task.title)).to.deep.equal([
      'Choose a room',
      'Invite',
      'Book the room',
      'Book the room',
    ]);
    expect(input_requests).to.have.length(1);
    const results = model.asked.slice(from).flatMap(({ turns }) => turns.filter(({ role }) => role === 'tool'));
    expect(results.map(({ text }) => text).join('\n'), 'the second agent gets success results')
      .to.contain('Added')
      .and.not.contain('failed');
  });

  it('may complete their mission, after which the agent claims the next run', async () => {
    const mission = await autonomous({ tasks: [] });
    model.follow([
      { calls: [{ name: 'mission_complete', args: { mission_id: mission.id, summary: 'Settled.' } }] },
      { say: 'Done.' },
    ]);
    await another();
    await settled(mission.id);
    expect((await api.get(`missions/${mission.id}`)).body).to.include({ status: 'completed', summary: 'Settled.' });
    model.follow([{ say: 'Nothing to do.' }]);
    const next = await autonomous({ title: 'Next' });
    expect((await settled(next.id))[0]).to.include({ status: 'succeeded' });
  });

  it('expire when a user pauses the mission, and the agent’s late writes are refused', async () => {
    const mission = await autonomous();
    const calls = [
      { name: 'mission_log_event', args: { mission_id: mission.id, event_type: 'note', content: 'late' } },
    ];
    const paused = Promise.withResolvers<void>();
    let result = '';
    model.follow((asked, step) => {
      if (step === 0) {
        void api
          .post(`/api/v1/missions/${mission.id}/pause`, {}, { headers: { 'X-User-ID': 'ada' } })
          .then(() => paused.resolve());
        return { calls: [{ name: 'mission_get', args: { mission_id: mission.id } }] };
      }
      if (step === 1) return { calls };
      result ||= resultOf(asked);
      return { say: 'I stop.' };
    });
    await another();
    await paused.promise;
    const [run] = await settled(mission.id);
    expect(run.status).to.equal('expired');
    await waitUntil(
      () =>
        agents[0]?.logTail(50).includes('the run had ended before it was finished') ||
        agents[0]?.logTail(50).includes('given up'),
      { what: 'the end of the agent’s work' },
    );
    const { recent_events } = (await api.get(`missions/${mission.id}?include_events=20`)).body;
    expect(recent_events.map((entry: { content: string }) => entry.content)).not.to.include('late');
    if (result) expect(result).to.contain('LEASE_LOST');
  });

  it('tell the model what has happened meanwhile, and ask for another turn for what it was not told', async () => {
    const mission = await autonomous();
    const calls = [{ name: 'mission_get', args: { mission_id: mission.id } }];
    const beat = async (): Promise<void> => {
      const leaseOf = async () => (await runsOf(mission.id))[0].lease_expires_at;
      const before = await leaseOf();
      await waitUntil(async () => (await leaseOf()) !== before, { what: 'a heartbeat' });
    };
    const write = (text: string) =>
      api.post(`/api/v1/missions/${mission.id}/messages`, { text }, { headers: { 'X-User-ID': 'ada' } });
    const results: string[] = [];
    model.follow(async (asked, step) => {
      if (step === 0) await write('Any room will do.');
      else results.push(resultOf(asked));
      if (!results.some((text) => text.includes('Meanwhile'))) await beat();
      else if (!results.at(-1)?.includes('Meanwhile')) {
        await write('The green one.');
        // The first one may have been under way when the message was written.
        await beat();
        await beat();
        // The run asks for another turn: in that one nothing is written any more, or turns would follow for ever.
        model.follow(() => ({ say: 'Nothing to do.' }));
        return { say: 'Done.' };
      }
      return { calls };
    });
    await another();
    await settled(mission.id, 2);
    const told = results.filter((text) => text.includes('Meanwhile'));
    expect(told).to.have.length(1);
    expect(told[0]).to.match(/Meanwhile the user has written or acted: read the mission/);
    const { events } = (await api.get(`missions/${mission.id}/events?limit=100&order=asc`)).body;
    const end = events.find(({ event_type }: { event_type: string }) => event_type === 'run_finished');
    expect(end.metadata).to.include({ status: 'succeeded', again: true });
  });

  it('fail with the reason when the model fails or reaches a limit', async () => {
    model.follow(() => ({ status: 401 }));
    await another({ AGENT_MAX_STEPS: '3' });
    const refused = await autonomous({ title: 'Refused' });
    expect((await settled(refused.id))[0]).to.deep.include({
      status: 'failed',
      error: "The model refused the agent's MODEL_API_KEY (401).",
    });
    model.follow(() => ({ calls: [{ name: 'mission_list', args: {} }] }));
    const endless = await autonomous({ title: 'Endless' });
    expect((await settled(endless.id))[0])
      .to.include({ status: 'failed' })
      .and.have.property('error')
      .that.contains('3 steps');
  });

  it('are finished soon after SIGTERM, or released without counting as a failure', async () => {
    const mission = await autonomous();
    model.follow(() => ({ hangs: true }));
    const first = await another();
    await waitUntil(() => model.asked.length === 1, { what: 'the model’s turn' });
    expect((await first.stop()).code).to.equal(0);
    expect(await runsOf(mission.id)).to.have.length(1);
    await endLease(mission.id);
    model.follow([{ say: 'Nothing to do.' }]);
    await another();
    const runs = await settled(mission.id, 2);
    expect(runs.map(({ status }) => status)).to.deep.equal(['succeeded', 'expired']);
  });

  it('without a model ask the user about the next task once, record the response, and never loop', async () => {
    await another({ MODEL_BASE_URL: '', MODEL_NAME: '', AGENT_RUNS: 'true' });
    const mission = await autonomous();
    await settled(mission.id);
    const person = { headers: { 'X-User-ID': 'ada' } };
    const [question, ...more] = (await api.get('/api/v1/input-requests?status=pending', person)).body.input_requests;
    expect(more).to.deep.equal([]);
    expect(question.prompt).to.contain('Find a room').and.contain('no language model');
    await api.post(`/api/v1/input-requests/${question.id}/respond`, { selected_option: 'done' }, person);
    await settled(mission.id, 2);
    const after = (await api.get(`missions/${mission.id}`)).body;
    expect(after.tasks[0]).to.include({ status: 'completed' });
    expect(after).to.include({ status: 'active' });
    expect(await runsOf(mission.id)).to.have.length(2);
  });

  it('are not claimed by an agent without a model, unless AGENT_RUNS enables it', async () => {
    const agent = await another({ MODEL_BASE_URL: '', MODEL_NAME: '' });
    expect(agent.logTail(50)).to.contain('"runs":false');
    const mission = await autonomous();
    const claimed = await api.post('runs/claim', { agent_id: 'able', wait_seconds: 10 });
    expect(claimed.body.run).to.include({ mission_id: mission.id, agent_id: 'able' });
  });
});
