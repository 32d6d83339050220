import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { keyOf } from './agent-key.ts';
import { exampleMission } from './examples.ts';

const missions = '/api/v1/missions';

/** What users do themselves, where before only their agents could (specification section 5). */
describe('a user', () => {
  let api: Api;
  beforeEach(async () => {
    api = new Api(await product());
  });

  const headers = { 'x-user-id': 'ada' };
  const post = (path: string, body: object = {}) => api.post(`${missions}${path}`, body, { headers });
  const patch = (id: string, body: object, more = {}) =>
    api.patch(`${missions}/${id}`, body, { headers: { ...headers, ...more } });
  const created = async (body: object): Promise<any> => {
    const answer = await post('', body);
    expect(answer.status, answer.text).to.equal(201);
    return answer.body;
  };
  const refusal = ({ status, body }: ApiResponse) => [status, body.code];
  const titles = async (id: string): Promise<string[]> =>
    (await api.get(`missions/${id}/events`)).body.events.map(({ title }: { title: string }) => title);

  it('creates a mission with its plan, which agents may work on alone if the user says so', async () => {
    const mission = await created({
      title: 'Move house',
      can_run_autonomously: true,
      max_lifetime_hours: 1000,
      tasks: [
        { title: 'Pack', ref: 'pack' },
        { title: 'Drive', depends_on: ['pack'] },
      ],
    });
    expect(mission).to.deep.include({
      user_id: 'ada',
      created_by_agent_id: null,
      can_run_autonomously: true,
      max_lifetime_hours: 1000,
      input_requests: [],
    });
    expect((await api.get(`missions/${mission.id}`)).body.tasks).to.have.length(2);
    expect(refusal(await post('', { title: 'x', user_id: 'eve' }))).to.deep.equal([400, 'VALIDATION_FAILED']);
    expect(refusal(await post('', {}))).to.deep.equal([400, 'VALIDATION_FAILED']);
  });

  it('changes what a mission says, when it is due, and what agents may do alone', async () => {
    const { id } = await exampleMission(api);
    const wanted = {
      title: 'Another title',
      description: 'More of it',
      priority: 'urgent',
      due_at: '2027-01-29T17:00:00.000Z',
      can_run_autonomously: true,
      max_lifetime_hours: 1000,
    };
    const { status, body, headers: answered } = await patch(id, wanted);
    expect(status).to.equal(200);
    expect(body).to.deep.include({ ...wanted, version: 2 });
    expect(body.last_user_engagement_at).to.be.a('string');
    expect(answered.get('etag')).to.equal('"2"');
    expect((await patch(id, { due_at: null })).body).to.include({ due_at: null, version: 3 });
    expect(refusal(await patch(id, { title: 'late' }, { 'if-match': '"2"' }))).to.deep.equal([412, 'VERSION_MISMATCH']);
    for (const body of [{}, { status: 'completed' }, { phase: 'planning' }, { summary: 's' }, { title: '' }])
      expect(refusal(await patch(id, body)), JSON.stringify(body)).to.deep.equal([400, 'VALIDATION_FAILED']);
    await post(`/${id}/cancel`);
    expect(refusal(await patch(id, { title: 'too late' }))).to.deep.equal([409, 'MISSION_CLOSED']);
  });

  it('keeps a mission: that is engagement, also of one that nobody has changed', async () => {
    const { id, version } = await exampleMission(api);
    const { status, body } = await post(`/${id}/keep`);
    expect(status).to.equal(200);
    expect(body).to.include({ version: version + 1, stale_notified_at: null, grace_period_ends_at: null });
    expect(body.last_user_engagement_at).to.be.a('string');
    expect(await titles(id)).to.include('Kept by its user');
    await post(`/${id}/cancel`);
    expect(refusal(await post(`/${id}/keep`))).to.deep.equal([409, 'MISSION_CLOSED']);
  });

  it('leaves a word, which stands in the history as the user wrote it', async () => {
    const { id } = await exampleMission(api);
    const text = ' In the morning,\nif you can 日本 ';
    const { status, body } = await post(`/${id}/messages`, { text });
    expect(status).to.equal(201);
    expect(body).to.include({ event_type: 'user_message', content: text, agent_id: null, mission_id: id });
    expect((await api.get(`missions/${id}`)).body.last_user_engagement_at).to.be.a('string');
    for (const wrong of [{}, { text: '' }, { text, event_type: 'note' }])
      expect(refusal(await post(`/${id}/messages`, wrong))).to.deep.equal([400, 'VALIDATION_FAILED']);
    await post(`/${id}/cancel`);
    expect((await post(`/${id}/messages`, { text: 'Thank you' })).status).to.equal(201);
  });

  it('wakes with a word the agents of a mission that they work on alone', async () => {
    const { id } = await created({ title: 'Alone', can_run_autonomously: true });
    const claim = async () => (await api.post('runs/claim', { agent_id: 'worker', wait_seconds: 20 })).body?.run;
    const first = await claim();
    expect(first.mission_id).to.equal(id);
    const finished = await api.post(`runs/${first.id}/finish`, { fence: first.fence, status: 'succeeded' });
    expect(finished.status, finished.text).to.equal(200);
    expect((await api.post('runs/claim', { agent_id: 'worker' })).status).to.equal(204);
    await post(`/${id}/messages`, { text: 'One more thing' });
    const again = await waitUntil(claim, { withinMs: 40_000, what: 'a run after the message' });
    expect(again?.mission_id).to.equal(id);
  });

  it('retries one failed task and leaves the others failed', async () => {
    const { id, tasks } = await created({ title: 'Two', tasks: [{ title: 'a' }, { title: 'b' }] });
    for (const task of tasks)
      for (const status of ['in_progress', 'failed']) await api.patch(`missions/${id}/tasks/${task.id}`, { status });
    const { status, body } = await post(`/${id}/tasks/${tasks[0].id}/retry`);
    expect(status).to.equal(200);
    expect(body).to.include({ id: tasks[0].id, status: 'ready', attempt: 2, error: '' });
    expect((await api.get(`missions/${id}`)).body.task_counts).to.include({ failed: 1, ready: 1 });
    const again = await post(`/${id}/tasks/${tasks[0].id}/retry`);
    expect(refusal(again)).to.deep.equal([409, 'INVALID_TRANSITION']);
    expect(again.body.detail).to.contain('This task has not failed');
    expect(refusal(await post(`/${id}/tasks/${randomUUID()}/retry`))).to.deep.equal([404, 'TASK_NOT_FOUND']);
  });

  it('skips one task, and what depends on it goes on', async () => {
    const { id, tasks } = await exampleMission(api);
    const skip = (task = tasks[0]) => post(`/${id}/tasks/${task?.id}/skip`);
    expect((await skip()).body).to.include({ status: 'skipped' });
    expect((await api.get(`missions/${id}`)).body.task_counts).to.include({ skipped: 1, ready: 1 });
    await api.patch(`missions/${id}/tasks/${tasks[1]?.id}`, { status: 'completed' });
    expect(refusal(await skip(tasks[1]))).to.deep.equal([409, 'INVALID_TRANSITION']);
  });

  it('is answered once for a repeated creation and a repeated word', async () => {
    const { id } = await exampleMission(api);
    const repeat = { ...headers, 'idempotency-key': randomUUID() };
    for (const [path, body] of [
      [missions, { title: 'Once' }],
      [`${missions}/${id}/messages`, { text: 'Once' }],
    ] as const) {
      const [one, other] = [
        await api.post(path, body, { headers: repeat }),
        await api.post(path, body, { headers: repeat }),
      ];
      expect([one.status, other.status, other.body.id]).to.deep.equal([201, 201, one.body.id]);
    }
  });

  it('alone does this: neither another user, nor the same name elsewhere, nor an agent with its key', async () => {
    const { id, version, tasks } = await exampleMission(api);
    const key = await keyOf(api.customer, ['ada']);
    const others = `customer-${randomUUID()}`;
    const unnamed = { 'x-customer-id': null };
    for (const [method, path, body] of [
      ['PATCH', `/${id}`, { title: 'taken' }],
      ['POST', `/${id}/keep`, {}],
      ['POST', `/${id}/messages`, { text: 'taken' }],
      ['POST', `/${id}/tasks/${tasks[0]?.id}/retry`, {}],
      ['POST', `/${id}/tasks/${tasks[0]?.id}/skip`, {}],
    ] as const)
      for (const [who, status] of [
        [{ 'x-user-id': 'eve' }, 404],
        [{ 'x-user-id': 'ada', 'x-customer-id': others }, 404],
        [{ ...unnamed, 'x-user-id': 'ada', ...key }, 403],
        [{ 'x-user-id': null }, 400],
      ] as const)
        expect((await api.send(method, `${missions}${path}`, { body, headers: who })).status, path).to.equal(status);
    expect((await api.post(missions, { title: 'x' }, { headers: { ...unnamed, ...headers, ...key } })).status).to.equal(
      403,
    );
    expect((await api.get(`missions/${id}`)).body.version).to.equal(version);
  });
});
