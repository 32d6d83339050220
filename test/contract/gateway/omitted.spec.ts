import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';

describe('a mission with more questions than it is shown with', () => {
  let api: Api;
  before(async () => {
    api = new Api(await product());
  });

  it('says how many are left out, to agents and to its user, and lists them all', async () => {
    const { id } = await api.mission({ tasks: [{ title: 'Ask much' }] });
    for (let index = 0; index < 100; index += 1)
      expect((await api.post(`missions/${id}/input-requests`, { prompt: `Question ${index}?` })).status).to.equal(201);
    const user = { headers: { 'x-user-id': 'ada' } };
    expect((await api.get(`missions/${id}`)).body).not.to.have.property('omitted');
    await api.post(`missions/${id}/input-requests`, { prompt: 'And one more?' });
    for (const shown of [
      await api.get(`missions/${id}`),
      await api.get(`/api/v1/missions/${id}`, user),
      await api.post(`missions/${id}/resume`, { conversation_id: 'b' }),
    ]) {
      expect(shown.body.input_requests, shown.text.slice(0, 200)).to.have.length(100);
      expect(shown.body.omitted).to.deep.equal({ input_requests: 1 });
    }
    const page = (query: string) => api.get(`/api/v1/input-requests?mission_id=${id}&limit=80${query}`, user);
    const first = (await page('')).body;
    expect(first.omitted).to.equal(21);
    expect((await page(`&cursor=${first.next_cursor}`)).body.input_requests).to.have.length(21);
  });
});
