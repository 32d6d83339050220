import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { keyOf } from './agent-key.ts';

describe('the questions of a user and what they decided', () => {
  let api: Api;
  let mission: { id: string; tasks: { id: string }[] };
  beforeEach(async () => {
    api = new Api(await product());
    mission = await api.mission({ tasks: [{ title: 'Book the room' }] });
  });

  const get = (path: string, headers: Record<string, string | null> = {}): Promise<ApiResponse> =>
    api.get(`/api/v1/${path}`, { headers: { 'x-user-id': 'ada', ...headers } });
  const asked = async (body: object = {}): Promise<string> =>
    (await api.post(`missions/${mission.id}/input-requests`, { prompt: 'Is it right?', ...body })).body.id;
  const respond = async (id: string, body: object) => {
    const { status, text } = await api.post(`/api/v1/input-requests/${id}/respond`, body, {
      headers: { 'x-user-id': 'ada' },
    });
    expect(status, text).to.equal(200);
  };
  const strangers = async (): Promise<[Record<string, string | null>, number][]> => [
    [{ 'x-user-id': 'eve' }, 404],
    [{ 'x-customer-id': `customer-${randomUUID()}` }, 404],
    [{ 'x-customer-id': null, ...(await keyOf(api.customer, ['ada'])) }, 403],
  ];

  it('are read one by one, as they were asked, by their user only', async () => {
    const id = await asked({ task_id: mission.tasks[0]?.id });
    const { status, body } = await get(`input-requests/${id}`);
    expect(status).to.equal(200);
    expect(body).to.include({ id, mission_id: mission.id, prompt: 'Is it right?', status: 'pending' });
    expect(body.task.title).to.equal('Book the room');
    for (const [headers, refused] of await strangers())
      expect((await get(`input-requests/${id}`, headers)).status).to.equal(refused);
    expect((await get(`input-requests/${randomUUID()}`)).body.code).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect((await get('input-requests/no-id')).status).to.equal(404);
  });

  it('are listed once answered, the newest first, with the answer as it was given', async () => {
    const options = [
      { id: 'yes', label: 'Yes, book it' },
      { id: 'no', label: 'No' },
    ];
    const ofTask = await asked({ options, task_id: mission.tasks[0]?.id });
    await respond(ofTask, { selected_option: 'yes', freeform_text: 'in the morning' });
    const others = [await asked(), await asked()];
    for (const id of others) await respond(id, { freeform_text: 'It is' });
    await asked();

    const { items, next_cursor } = (await get('history')).body;
    expect(next_cursor).to.equal(null);
    expect(items.map(({ request_id }: { request_id: string }) => request_id)).to.deep.equal([
      ...others.toReversed(),
      ofTask,
    ]);
    const { asked_at, decided_at, ...decision } = items[2];
    expect(decided_at > asked_at).to.equal(true);
    expect(decision).to.deep.equal({
      request_id: ofTask,
      mission_id: mission.id,
      task_id: mission.tasks[0]?.id,
      task: { title: 'Book the room' },
      question: 'Is it right?',
      answer: { selected_option: 'yes', label: 'Yes, book it', freeform_text: 'in the morning' },
      via: 'api',
    });
    expect(items[0]).to.deep.include({
      task: null,
      answer: { selected_option: null, label: null, freeform_text: 'It is' },
    });
    const [eve, elsewhere, agent] = await strangers();
    for (const nobody of [eve, elsewhere]) expect((await get('history', nobody?.[0])).body.items).to.deep.equal([]);
    expect((await get('history', agent?.[0])).status).to.equal(403);
  });

  it('are paged without a repetition or a gap', async () => {
    for (let n = 0; n < 5; n += 1) await respond(await asked(), { freeform_text: String(n) });
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await get(`history?limit=2${cursor}`);
      seen.push(...body.items.map(({ answer }: { answer: { freeform_text: string } }) => answer.freeform_text));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).to.deep.equal(['4', '3', '2', '1', '0']);
    for (const wrong of ['limit=0', 'limit=201', 'cursor=x', 'cursor=W10', 'user_id=eve'])
      expect((await get(`history?${wrong}`)).body.code, wrong).to.equal('VALIDATION_FAILED');
  });
});
