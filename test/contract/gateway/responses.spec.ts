import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { call, operations } from './call.ts';
import { description } from './described.ts';
import { example, exampleMission, onlyByTime } from './examples.ts';

const find = (id: string) => {
  const found = operations.find((one) => one.id === id);
  if (!found) throw new Error(`there is no operation ${id}`);
  return found;
};

describe('the responses of the gateway', () => {
  let api: Api;
  let check: Awaited<ReturnType<typeof description>>;

  before(async () => {
    api = new Api(await product());
    check = await description();
  });

  for (const operation of operations.filter((one) => !onlyByTime.has(one.id) && !one.events)) {
    it(`${operation.id}: the response matches its description and has its status`, async () => {
      const answer = await call(api, operation, await example(api, operation));
      expect(answer.status, answer.text).to.equal(operation.status);
      if (operation.status === 204) return expect(answer.text).to.equal('');
      expect(answer.headers.get('content-type')).to.match(/^application\/json/);
      check(answer, operation);
      return undefined;
    });
  }

  for (const operation of operations.filter((one) => one.events)) {
    it(`${operation.id}: the events of the stream match their description`, async () => {
      const { origin, secret } = await product();
      const headers = { authorization: `Bearer ${secret}`, 'x-customer-id': api.customer, 'x-user-id': 'ada' };
      const response = await fetch(origin + operation.path, { headers, signal: AbortSignal.timeout(10_000) });
      expect(response.status).to.equal(operation.status);
      expect(response.headers.get('content-type')).to.match(/^text\/event-stream/);
      await exampleMission(api);
      let text = '';
      for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? [])
        if (/^data: .*\n\n/m.test((text += piece))) break;
      const [data = ''] = /(?<=^data: ).*/m.exec(text) ?? [];
      check({ status: 200, headers: response.headers, body: JSON.parse(data), text: data }, operation);
    });
  }

  it('a new mission has the values that were sent, and defaults for the others', async () => {
    const sent = {
      user_id: 'ada',
      agent_id: 'planner-7',
      conversation_id: 'conv-A',
      title: 'Q1 budget meeting',
      description: 'with Sarah and John\n\t– “both” 👥',
      priority: 'urgent',
      due_at: '2027-01-31T10:00:00.25+01:00',
      max_lifetime_hours: 48,
      can_run_autonomously: true,
      metadata: { ünï: ['日本', null, 1.5, { deep: true }] },
    };
    const answer = await call(api, find('createMission'), { body: sent });
    check(answer, find('createMission'));
    const { user_id, agent_id, conversation_id, due_at, ...same } = sent;
    expect(answer.body).to.deep.include({
      ...same,
      user_id,
      customer_id: api.customer,
      created_by_agent_id: agent_id,
      origin_conversation_id: conversation_id,
      due_at: new Date(due_at).toISOString(),
      status: 'active',
      phase: 'planning',
      outcome: null,
      version: 1,
      progress: null,
      blocked_by: '',
      tasks: [],
      blockers: [],
      input_requests: [],
    });
    expect(answer.body.recent_events.map((event: { event_type: string }) => event.event_type)).to.deep.equal([
      'created',
    ]);
    const read = await call(api, find('getMission'), { params: { mission_id: answer.body.id } });
    expect(read.body).to.deep.equal(answer.body);
  });

  it('adding one task returns the task, and adding several returns them in the order sent', async () => {
    const { id } = await api.mission();
    const addTask = find('addMissionTask');
    const one = await call(api, addTask, { params: { mission_id: id }, body: { title: 'One' } });
    check(one, addTask);
    expect(one.body).to.include({ title: 'One', status: 'ready', mission_id: id });
    const several = await call(api, addTask, {
      params: { mission_id: id },
      body: {
        tasks: [
          { title: 'Z', depends_on: ['m'] },
          { title: 'M', ref: 'm' },
        ],
      },
    });
    check(several, addTask);
    expect(several.body.tasks).to.have.length(2);
    expect(several.body.tasks[0]).to.deep.include({
      title: 'Z',
      status: 'pending',
      depends_on: [several.body.tasks[1].id],
    });
  });

  it('a list of missions includes tasks and recent events only on request', async () => {
    const own = new Api(await product());
    await exampleMission(own);
    const list = find('listMissions');
    const plain = await call(own, list, { query: { user_id: 'ada' } });
    expect(plain.body.missions[0]).not.to.have.any.keys('tasks', 'recent_events');
    const full = await call(own, list, {
      query: { user_id: 'ada', include_tasks: 'true', include_recent_events: '2', status: 'active,waiting' },
    });
    check(full, list);
    expect(full.body.missions[0].tasks).to.have.length(2);
    expect(full.body.missions[0].recent_events).to.have.length(2);
  });

  it('the response to a change of a task includes the resulting state of its mission', async () => {
    const mission = await exampleMission(api);
    const change = find('updateMissionTask');
    const [first] = mission.tasks;
    const answer = await call(api, change, {
      params: { mission_id: mission.id, task_id: first?.id ?? '' },
      body: { status: 'completed', result: { slot: '10:00' } },
    });
    check(answer, change);
    expect(answer.body).to.deep.include({ status: 'completed', result: { slot: '10:00' } });
    expect(answer.body.mission).to.deep.include({
      id: mission.id,
      status: 'active',
      phase: 'executing',
      version: mission.version + 1,
    });
    const read = await call(api, find('getMission'), { params: { mission_id: mission.id } });
    expect(read.body.tasks.map((task: { status: string }) => task.status)).to.deep.equal(['completed', 'ready']);
    expect(read.body).to.include({ version: mission.version + 1, progress: 0.5 });
  });

  it('a resume context contains everything that another conversation needs', async () => {
    const mission = await exampleMission(api);
    const resume = find('resumeMission');
    const answer = await call(api, resume, {
      params: { mission_id: mission.id },
      body: { conversation_id: 'conv-B', agent_id: 'closer-9' },
    });
    check(answer, resume);
    expect(answer.body.next_tasks.map((task: { title: string }) => task.title)).to.deep.equal(['First']);
    expect(answer.body.recent_events[0]).to.include({
      event_type: 'resumed',
      conversation_id: 'conv-B',
      agent_id: 'closer-9',
    });
    expect(answer.body.brief).to.contain('Test Mission').and.contain('First');
  });

  it('every response has the security headers of helmet, and does not name the server software', async () => {
    const answer = await api.get('missions?user_id=ada');
    expect(answer.headers.get('x-content-type-options')).to.equal('nosniff');
    expect(answer.headers.get('x-powered-by')).to.equal(null);
  });
});
