import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type ModelServer, startModelServer } from '@missions/agent/testing/model-server.ts';
import { Api } from '@missions/test-support/api.ts';
import { type ReferenceAgent, referenceAgent } from '@missions/test-support/reference-agent.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { streamedTurn } from './agent-turns.ts';

describe('the reference agent’s HTTP', () => {
  let running: SharedProduct;
  let api: Api;
  let model: ModelServer;
  let agent: ReferenceAgent;

  before(async () => {
    running = await product();
    api = new Api(running);
    model = await startModelServer();
    const env = { MODEL_BASE_URL: model.baseUrl, MODEL_NAME: 'scripted', AGENT_RUNS: 'off', LOG_LEVEL: 'debug' };
    agent = await referenceAgent({ product: running, database: running.database, customer: api.customer, env });
    await agent.start();
    model.follow(() => ({ say: 'Hello.' }));
  });
  after(async () => {
    await agent.stop();
    await model.close();
  });

  const good = { message: 'Hello', conversation_id: 'conv-A' };
  const post = async (
    body: unknown,
    headers: Record<string, string> = {},
    path = '/v1/chat',
    method = 'POST',
  ): Promise<{ status: number; headers: Headers; body: any }> => {
    const sent = { authorization: `Bearer ${running.secret}`, 'content-type': 'application/json', ...headers };
    const response = await fetch(agent.origin + path, {
      method,
      headers: sent,
      ...(body !== undefined && {
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    });
    const text = await response.text();
    if (response.status >= 400)
      expect(response.headers.get('content-type'), text).to.contain('application/problem+json');
    return { status: response.status, headers: response.headers, body: JSON.parse(text) };
  };

  it('checks the key before the rest of the request', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer wrong',
      `Bearer ${running.secret}x`,
      running.secret,
      `Bearer ${agent.key}`,
    ]) {
      const { status, headers, body } = await post('{"broken', { authorization });
      expect([status, body.code], authorization).to.deep.equal([401, 'UNAUTHENTICATED']);
      expect(headers.get('www-authenticate')).to.match(/^Bearer/);
    }
    expect((await post(good, { authorization: `bearer ${running.secret}` })).body).to.include({
      reply: 'Hello.',
      conversation_id: 'conv-A',
      user_id: 'me',
      model: 'scripted (openai)',
      stopped: null,
    });
  });

  it('reports each mistake of a body with its path', async () => {
    const wrong: [unknown, string][] = [
      [{}, '/message'],
      [{ ...good, conversation_id: undefined }, '/conversation_id'],
      [{ ...good, message: '' }, '/message'],
      [{ ...good, message: 5 }, '/message'],
      [{ ...good, message: 'x'.repeat(32_001) }, '/message'],
      [{ ...good, conversation_id: 'c'.repeat(256) }, '/conversation_id'],
      [{ ...good, user_id: '' }, '/user_id'],
      [{ ...good, stream: 'yes' }, '/stream'],
      [{ ...good, user: 'ada' }, '/user'],
      [{ ...good, message: 'a\u0000b' }, '/message'],
      [[], ''],
      ['', ''],
      ['{"message": "Hel', ''],
      ['null', ''],
      [new Uint8Array([0x22, 0xff, 0x22]), ''],
    ];
    for (const [body, path] of wrong) {
      const { status, body: problem } = await post(body);
      expect([status, problem.code], JSON.stringify(body)?.slice(0, 80)).to.deep.equal([400, 'VALIDATION_FAILED']);
      expect(problem.errors[0].path, problem.detail).to.equal(path);
    }
    expect(model.asked.flatMap(({ turns }) => turns.map(({ text }) => text))).not.to.include('');
  });

  it('limits bodies, accepts JSON with its media type or curl’s default one, and serves one path', async () => {
    expect((await post({ ...good, message: 'x'.repeat(300_000) })).body).to.include({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect((await post(good, { 'content-type': 'text/plain' })).body).to.include({
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    expect((await post(good, { 'content-encoding': 'gzip' })).body).to.include({ status: 415 });
    expect((await post(good, { 'content-type': 'application/x-www-form-urlencoded' })).body).to.include({
      reply: 'Hello.',
    });
    expect((await post(undefined, {}, '/v1/nothing')).body).to.include({ status: 404, code: 'NOT_FOUND' });
    const refused = await post(undefined, {}, '/v1/chat', 'GET');
    expect(refused.body).to.include({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(refused.headers.get('allow')).to.equal('POST');
  });

  it('serves probes without a key, and returns an id for each request', async () => {
    for (const path of ['/healthz', '/readyz']) expect((await fetch(agent.origin + path)).status, path).to.equal(200);
    expect((await fetch(`${agent.origin}/metrics`)).status, 'for operators only').to.equal(404);
    expect((await post(good, { 'x-request-id': 'mine-1' })).headers.get('x-request-id')).to.equal('mine-1');
    expect((await post({}, { 'x-request-id': 'mine-2' })).body.request_id).to.equal('mine-2');
  });

  it('streams on request, by header or by member, and refuses an invalid request with a problem document', async () => {
    const streamed = await streamedTurn(agent, running.secret, good);
    expect(streamed.status).to.equal(200);
    expect(streamed.text).to.equal('Hello.');
    expect(streamed.done).to.include({ reply: 'Hello.' });
    const response = await fetch(`${agent.origin}/v1/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...good, stream: true }),
    });
    expect(response.headers.get('content-type')).to.contain('text/event-stream');
    expect(await response.text()).to.contain('event: done');
    expect((await streamedTurn(agent, running.secret, {})).status).to.equal(400);
  });

  it('executes the turns of one conversation one after another, and separates users and conversations', async () => {
    const from = model.asked.length;
    await Promise.all(
      ['one', 'two', 'three'].map((message) => post({ message, conversation_id: 'conv-turns', user_id: 'ada' })),
    );
    const turnCounts = model.asked.slice(from).map(({ turns }) => turns.length);
    expect(turnCounts).to.deep.equal([1, 3, 5]);
    await post({ message: 'other', conversation_id: 'conv-turns', user_id: 'eve' });
    await post({ message: 'other', conversation_id: 'conv-other', user_id: 'ada' });
    expect(model.asked.slice(-2).map(({ turns }) => turns.length)).to.deep.equal([1, 1]);
  });

  it('calls the model no more after the caller has disconnected', async () => {
    for (const stream of [true, false]) {
      model.follow(() => ({ hangs: true }));
      const gone = new AbortController();
      const from = model.asked.length;
      const turn = fetch(`${agent.origin}/v1/chat`, {
        method: 'POST',
        signal: gone.signal,
        headers: { authorization: `Bearer ${running.secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...good, conversation_id: `conv-gone-${stream}`, stream }),
      }).catch(() => undefined);
      await waitUntil(() => model.asked.length > from, { what: 'the model’s turn' });
      const left = once(model, 'left');
      gone.abort();
      await turn;
      await left;
    }
    model.follow(() => ({ say: 'Hello.' }));
    expect((await post({ ...good, conversation_id: 'conv-gone-true' })).body.reply).to.equal('Hello.');
  });

  it('calls the gateway with its own key, not with the secret', () => {
    if (process.platform === 'linux')
      expect(readFileSync(`/proc/${agent.pid}/environ`, 'utf8')).not.to.contain(running.secret);
    expect(agent.logTail(1_000)).not.to.contain(agent.key).and.not.contain(running.secret);
  });
});
