import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { keyOf } from './agent-key.ts';

describe('autonomous work that an agent’s key asks for', () => {
  let api: Api;
  let headers: { authorization: string };
  const wanted = { can_run_autonomously: true, max_lifetime_hours: 720 };
  before(async () => {
    api = new Api(await product());
    headers = await keyOf(api.customer, ['ada']);
  });

  const read = async (id: string) => (await api.get(`missions/${id}`)).body;
  const respond = (request_id: string, selected_option: string) =>
    api.post(`/api/v1/input-requests/${request_id}/respond`, { selected_option }, { headers: { 'x-user-id': 'ada' } });
  const answered = (id: string) =>
    waitUntil(async () => (await read(id)).status !== 'waiting', { what: 'the answer to arrive' });

  it('begins when its user approves: the creation answers with the question', async () => {
    const created = await api.post(
      'missions',
      { user_id: 'ada', title: 'Plants', tasks: [{ title: 'Water' }], ...wanted },
      { headers },
    );
    expect(created.status, created.text).to.equal(201);
    expect(created.body).to.include({ can_run_autonomously: false, max_lifetime_hours: 168, status: 'waiting' });
    const [question] = created.body.input_requests;
    expect(question).to.deep.include({ status: 'pending', context: { proposes: wanted } });
    expect((await api.get(`missions/${created.body.id}/input-requests/${question.id}`)).body).to.deep.equal(question);

    expect((await respond(question.id, 'approve')).status).to.equal(200);
    await answered(created.body.id);
    expect(await read(created.body.id)).to.include(wanted);
  });

  it('does not begin when its user refuses: the change answers with the question', async () => {
    const { id } = await api.mission();
    const changed = await api.patch(`missions/${id}`, { priority: 'high', ...wanted }, { headers });
    expect(changed.body).to.include({ priority: 'high', can_run_autonomously: false, max_lifetime_hours: 168 });
    expect(changed.body).not.to.have.property('asked');
    const [question] = changed.body.input_requests;
    await respond(question.id, 'reject');
    await answered(id);
    expect(await read(id)).to.include({ can_run_autonomously: false, max_lifetime_hours: 168 });
  });

  it('may be asked for in the agent’s own words', async () => {
    const { id } = await api.mission();
    const asked = await api.post(
      `missions/${id}/input-requests`,
      { prompt: 'Shall I water them while you travel?', proposes: { can_run_autonomously: true } },
      { headers },
    );
    expect(asked.body.options.map((option: { id: string }) => option.id)).to.deep.equal(['approve', 'reject']);
    await respond(asked.body.id, 'approve');
    await answered(id);
    expect(await read(id)).to.include({ can_run_autonomously: true });
  });
});
