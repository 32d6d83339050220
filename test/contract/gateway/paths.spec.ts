import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { operations } from './call.ts';

const pattern = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/{}]+')}$`);

describe('paths and methods', () => {
  let api: Api;
  let id: string;

  before(async () => {
    api = new Api(await product());
    ({ id } = await api.mission());
  });

  const methodsOf = Map.groupBy(operations, (one) => one.path);
  for (const [path, found] of methodsOf) {
    it(`another method on ${path} gets 405 with Allow`, async () => {
      const allowed = found.map((one) => one.method.toUpperCase());
      const concrete = path.replaceAll(/\{\w+\}/g, id);
      // A fixed path may also be read as the id of a wider one, which has the method then.
      const isServed = (method: string): boolean =>
        operations.some(
          (one) => one.method.toUpperCase() === method && pattern(one.path).test(path) && one.path !== path,
        );
      const others = ['DELETE', 'PUT', 'PROPFIND', allowed.includes('PATCH') ? 'POST' : 'PATCH'].filter(
        (method) => !isServed(method),
      );
      for (const method of others.filter((other) => !allowed.includes(other))) {
        const answer = await api.send(method, concrete);
        expect(answer.status, method).to.equal(405);
        expect(answer.body.code).to.equal('METHOD_NOT_ALLOWED');
        expect(answer.headers.get('allow')?.split(', ')).to.include.members(allowed);
      }
    });
  }

  it('an unknown path gets 404 with a problem document', async () => {
    for (const path of [
      '/',
      '/nope',
      '/api',
      '/api/internal',
      '/api/internal/mission',
      `/api/internal/missions/${id}/nope`,
      '/api/v0/missions',
      '/%zz',
      '/%00',
    ]) {
      const answer = await api.get(path);
      expect(answer.status, path).to.equal(404);
      expect(answer.body.code, path).to.equal('NOT_FOUND');
    }
  });

  it('a path in another case or with a trailing slash gets 404', async () => {
    const wrong = operations
      .filter(({ method }) => method === 'get')
      .map(({ path }) => path.replaceAll(/\{\w+\}/g, id))
      .flatMap((path) => [
        `${path}/`,
        path.replace('/api/', '/API/'),
        path.replace('internal', 'Internal').replace('v1', 'V1'),
      ]);
    for (const path of [...wrong, '/Docs', '/docs/', '/healthz/', '/openapi.JSON', '/MCP']) {
      const answer = await api.get(path, { headers: { 'x-user-id': 'ada' } });
      expect([answer.status, answer.body?.code], path).to.deep.equal([404, 'NOT_FOUND']);
    }
  });

  it('no response may be cached but the static files of /docs', async () => {
    const asAda = { headers: { 'x-user-id': 'ada', accept: 'application/json, text/event-stream' } };
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
    for (const answer of [
      await api.get('missions?user_id=ada'),
      await api.get(`/api/v1/missions/${id}`, asAda),
      await api.post('missions', { user_id: 'ada', title: 'x' }),
      await api.post('/mcp', list, asAda),
      await api.get('missions'),
      await api.get('/nope'),
      await api.get('/healthz'),
      await api.get('/openapi.json'),
      await api.get('missions?user_id=ada', { headers: { authorization: null } }),
      await api.send('DELETE', 'missions'),
    ])
      expect(answer.headers.get('cache-control'), `${answer.status} ${answer.text.slice(0, 80)}`).to.equal('no-store');
    expect((await api.get('/docs/swagger-ui.css')).headers.get('cache-control')).to.contain('max-age');
  });

  const noIds = [
    '1',
    'null',
    'me',
    '%20',
    '%00',
    '..%2f..',
    '%zz',
    '%ff',
    'x'.repeat(2_000),
    "' or 1=1",
    '01890000-0000-7000-8000-00000000000g',
    '{01890000-0000-7000-8000-000000000000}',
  ];
  for (const noId of noIds) {
    it(`the malformed mission id ${noId.slice(0, 40)} gets 404`, async () => {
      for (const path of [`missions/${noId}`, `missions/${noId}/events`]) {
        const answer = await api.get(path);
        expect(answer.status, answer.text).to.equal(404);
        expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/);
      }
      expect((await api.post(`missions/${noId}/events`, { event_type: 'note' })).status).to.equal(404);
    });

    it(`the malformed task id ${noId.slice(0, 40)} gets 404`, async () => {
      const answer = await api.patch(`missions/${id}/tasks/${noId}`, { status: 'in_progress' });
      expect(answer.status, answer.text).to.equal(404);
    });
  }

  it('an id in capitals is the same id', async () => {
    expect((await api.get(`missions/${id.toUpperCase()}`)).body.id).to.equal(id);
  });

  it('HEAD gets the response of GET without the body', async () => {
    const answer = await api.send('HEAD', `missions/${id}`);
    expect([answer.status, answer.text]).to.deep.equal([200, '']);
    expect(answer.headers.get('etag')).to.equal('"1"');
  });

  it('metrics and the reasons of readiness are on the port of the operators only', async () => {
    const { healthOrigin } = await product();
    expect((await api.get('/metrics')).status).to.equal(404);
    const metrics = await fetch(`${healthOrigin}/metrics`);
    expect([metrics.status, await metrics.text()].join())
      .to.contain('200')
      .and.contain('missions_http_request_seconds');
    expect(await (await fetch(`${healthOrigin}/readyz`)).json()).to.deep.include({ ready: true });
    expect((await fetch(`${healthOrigin}/api/internal/missions`)).status).to.equal(404);
  });

  it('the paths for operators and client generators need no credential', async () => {
    const bare = { headers: { authorization: null, 'x-customer-id': null } };
    expect((await api.get('/healthz', bare)).body).to.deep.equal({ status: 'ok' });
    expect((await api.get('/readyz', bare)).body).to.deep.include({ ready: true });
    expect((await api.get('/openapi.json', bare)).status).to.equal(200);
  });
});
