import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';

describe('query parameters', () => {
  let api: Api;
  let id: string;

  before(async () => {
    api = new Api(await product());
    ({ id } = await api.mission());
  });

  const refusals: [query: string, parameter: string][] = [
    ['', 'user_id'],
    ['user_id=', 'user_id'],
    ['user_id=ada&user_id=eve', 'user_id'],
    ['user_id=ada&user_id=ada', 'user_id'],
    ['user_id=a%00b', 'user_id'],
    [`user_id=${'x'.repeat(256)}`, 'user_id'],
    ['user_id=ada&limit=0', 'limit'],
    ['user_id=ada&limit=201', 'limit'],
    ['user_id=ada&limit=-1', 'limit'],
    ['user_id=ada&limit=1.5', 'limit'],
    ['user_id=ada&limit=ten', 'limit'],
    ['user_id=ada&limit=', 'limit'],
    ['user_id=ada&limit=5&limit=6', 'limit'],
    ['user_id=ada&status=actve', 'status/0'],
    ['user_id=ada&status=active,', 'status/1'],
    ['user_id=ada&status=', 'status/0'],
    ['user_id=ada&priority=high,asap', 'priority/1'],
    ['user_id=ada&phase=idle', 'phase/0'],
    ['user_id=ada&sort=title', 'sort'],
    ['user_id=ada&sort=created_at', 'sort'],
    ['user_id=ada&due_before=tomorrow', 'due_before'],
    ['user_id=ada&due_before=2026-02-30T00:00:00Z', 'due_before'],
    ['user_id=ada&updated_since=2026-01-01', 'updated_since'],
    ['user_id=ada&include_tasks=yes', 'include_tasks'],
    ['user_id=ada&include_recent_events=51', 'include_recent_events'],
    ['user_id=ada&needs_attention=1x', 'needs_attention'],
    ['user_id=ada&cursor=', 'cursor'],
    ['user_id=ada&nonsense=1', 'nonsense'],
    ['user_id=ada&Status=active', 'Status'],
  ];
  for (const [query, parameter] of refusals) {
    it(`?${query.slice(0, 60)} gets 400 that names ${parameter}`, async () => {
      const answer = await api.get(`missions?${query}`);
      expect(answer.status, answer.text).to.equal(400);
      expect(answer.body.code).to.equal('VALIDATION_FAILED');
      expect(answer.body.errors.map((error: { path: string }) => error.path)).to.include(parameter);
    });
  }

  for (const query of ['include_events=51', 'include_events=-1', 'include_events=x', 'user_id=', 'limit=5']) {
    it(`a mission?${query} gets 400`, async () => {
      expect((await api.get(`missions/${id}?${query}`)).status).to.equal(400);
    });
  }

  for (const query of ['limit=0', 'limit=201', 'order=up', 'order=asc&order=desc', 'sort=-created_at']) {
    it(`a history?${query} gets 400`, async () => {
      expect((await api.get(`missions/${id}/events?${query}`)).status).to.equal(400);
    });
  }

  it('the query of the stream is checked too', async () => {
    const answer = await api.get('/api/v1/stream?nonsense=1', { headers: { 'x-user-id': 'ada' } });
    expect([answer.status, answer.body.errors?.[0]?.path]).to.deep.equal([400, 'nonsense']);
  });

  it('the queries of writes are checked too', async () => {
    for (const path of [`missions/${id}/tasks`, `missions/${id}/events`, `missions/${id}/resume`]) {
      expect((await api.post(`${path}?nonsense=1`, { title: 'x', event_type: 'note' })).status, path).to.equal(400);
    }
  });

  it('status, priority and phase filter a list, separated by commas or repeated', async () => {
    const own = new Api(await product());
    await own.mission({ title: 'low', priority: 'low' });
    await own.mission({ title: 'high', priority: 'high' });
    await own.mission({ title: 'urgent', priority: 'urgent' });
    const titles = async (query: string): Promise<string[]> =>
      (await own.get(`missions?user_id=ada&sort=-priority&${query}`)).body.missions.map(
        (mission: { title: string }) => mission.title,
      );
    expect(await titles('priority=low,urgent')).to.deep.equal(['urgent', 'low']);
    expect(await titles('priority=low&priority=high')).to.deep.equal(['high', 'low']);
    expect(await titles('status=active,waiting&phase=planning')).to.have.length(3);
    expect(await titles('status=completed')).to.deep.equal([]);
  });

  it('a search by any characters is answered, also by hundreds of minus signs', async () => {
    const own = new Api(await product());
    await own.mission({ title: 'Plan the trip' });
    const found = async (q: string): Promise<[number, unknown]> => {
      const { status, body } = await own.get(`missions?user_id=ada&q=${encodeURIComponent(q)}`);
      return [status, body.missions?.length];
    };
    for (const run of ['-'.repeat(400), '- '.repeat(200), '-('.repeat(200), `"${'-!'.repeat(200)}`])
      expect(await found(`${run}trip`), run.slice(0, 4)).to.deep.equal([200, 1]);
    expect(await found(`${'-'.repeat(399)}trip`)).to.deep.equal([200, 0]);
    expect(await found(`-${' -'.repeat(40)}nowhere`)).to.deep.equal([200, 1]);
    for (const odd of ["'", '\\', ':*', '<->', '!', '"', "a'b\\'c:*&|", '\u0001', '😀\u0301'])
      expect((await found(odd))[0], odd).to.equal(200);
  });
});
