import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { exampleMission } from './examples.ts';

describe('ETag and If-Match', () => {
  let api: Api;

  before(async () => {
    api = new Api(await product());
  });

  const match = (tag: string) => ({ headers: { 'if-match': tag } });

  it('the ETag is the version, in every representation of a mission', async () => {
    const created = await api.post('missions', { user_id: 'ada', title: 'Tagged' });
    expect(created.headers.get('etag')).to.equal('"1"');
    const { id } = created.body;
    const patched = await api.patch(`missions/${id}`, { priority: 'high' });
    expect([patched.headers.get('etag'), patched.body.version]).to.deep.equal(['"2"', 2]);
    await api.post(`missions/${id}/events`, { event_type: 'note', content: 'x' });
    const read = await api.get(`missions/${id}`);
    expect([read.headers.get('etag'), read.body.version]).to.deep.equal(['"3"', 3]);
  });

  it('a change with If-Match succeeds at the named version, and gets 412 at any other', async () => {
    const { id, version, tasks } = await exampleMission(api);
    for (const [path, body] of [
      [`missions/${id}`, { title: 'Never' }],
      [`missions/${id}/tasks/${tasks[0]?.id}`, { title: 'Never' }],
    ] as const) {
      const stale = await api.patch(path, body, match('"999"'));
      expect(stale.status, stale.text).to.equal(412);
      expect(stale.body).to.include({ code: 'VERSION_MISMATCH', version });
    }
    expect((await api.get(`missions/${id}`)).body).to.include({ title: 'Test Mission', version });
    expect(
      (await api.patch(`missions/${id}/tasks/${tasks[0]?.id}`, { title: 'Renamed' }, match(`"${version}"`))).status,
    ).to.equal(200);
    expect((await api.patch(`missions/${id}`, { title: 'Renamed' }, match(`"${version}"`))).status).to.equal(412);
    expect((await api.patch(`missions/${id}`, { title: 'Renamed' }, match(`"${version + 1}"`))).status).to.equal(200);
    expect((await api.patch(`missions/${id}`, { title: 'Any' }, match('*'))).status).to.equal(200);
  });

  for (const tag of ['1', '"abc"', '"1', '""', '"-1"', '"0"', '"1", "2"', '"99999999999999999999"', 'W/1', '"1" x']) {
    it(`the malformed If-Match: ${tag} gets 400`, async () => {
      const { id } = await api.mission();
      const answer = await api.patch(`missions/${id}`, { title: 'Never' }, match(tag));
      expect(answer.status, answer.text).to.equal(400);
      expect(answer.body.errors[0].path).to.equal('If-Match');
    });
  }

  it('one of ten concurrent changes at the same version succeeds', async () => {
    const { id } = await api.mission();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => api.patch(`missions/${id}`, { title: `by ${i}` }, match('"1"'))),
    );
    expect(answers.map((one) => one.status).toSorted((a, b) => a - b)).to.deep.equal([
      200,
      ...Array<number>(9).fill(412),
    ]);
    expect((await api.get(`missions/${id}`)).body.version).to.equal(2);
  });
});
