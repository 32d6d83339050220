import { request } from 'node:http';
import { expect } from 'chai';
import { type KeyScope, keyScopes } from '@missions/contracts/key-scopes.ts';
import { plainRequests } from '@missions/agent-tools/testing/plain-requests.ts';
import { createKey } from '@missions/gateway/keys/manage.ts';
import { openKeyDatabase } from '@missions/gateway/keys/database.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { type ApiResponse, Api, type CallOptions } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';

type Headers = NonNullable<CallOptions['headers']>;

/** As a client of the older revisions sends them: an answer may be JSON or a stream of events. */
const speaking = {
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
  'x-user-id': 'ada',
};

describe('the gateway’s /mcp', () => {
  let servers: DeployedServers;
  let database: TestDatabase;
  let running: Product;
  let api: Api;
  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    running = await startProduct({
      database,
      natsUrlFor: servers.natsUrlFor,
      env: { gateway: { LOG_LEVEL: 'debug' } },
    });
    api = new Api(running);
  });
  after(async () => {
    await running?.stop();
    await servers?.stop();
  });

  const message = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
  const post = (body: CallOptions['body'], headers: Headers = {}): Promise<ApiResponse> =>
    api.send('POST', '/mcp', { ...(body !== undefined && { body }), headers: { ...speaking, ...headers } });
  const toolCall = (name: string, args: object, headers: Headers = {}): Promise<ApiResponse> =>
    post(message('tools/call', { name, arguments: args }), headers);

  /** The JSON-RPC response, sent as JSON or as the only event of a stream. */
  const resultOf = ({ text, headers }: ApiResponse): any =>
    JSON.parse(
      headers.get('content-type')?.startsWith('text/event-stream') ? (/^data: (\{.*)$/m.exec(text)?.[1] ?? '') : text,
    ).result;
  const textOf = (answer: ApiResponse): string => resultOf(answer).content[0].text;

  const keyFor = async (
    agent_id: string,
    users: string[] | null,
    scopes: KeyScope[] | null = null,
  ): Promise<string> => {
    const keys = await openKeyDatabase(database.urlFor('gateway'), createLogger({ service: 'spec', level: 'error' }));
    try {
      return await createKey(keys, { customer_id: api.customer, agent_id, users, label: '', scopes }, newId());
    } finally {
      await keys.close();
    }
  };

  it('requires a known credential before it reads anything else', async () => {
    for (const authorization of [null, 'Bearer wrong', `Bearer ${running.secret}x`]) {
      const answer = await post('{"broken', { authorization });
      expect(answer.status).to.equal(401);
      expect(answer.body.code).to.equal('UNAUTHENTICATED');
      expect(answer.headers.get('www-authenticate')).to.match(/^Bearer realm=/);
    }
  });

  it('requires the trusted backend to name its user', async () => {
    const answer = await post(message('tools/list'), { 'x-user-id': null });
    expect(answer.status).to.equal(400);
    expect(answer.body.errors).to.deep.equal([{ path: 'X-User-ID', message: 'say for which user you act' }]);
  });

  it('answers a notification with 202 and no body', async () => {
    for (const method of ['notifications/initialized', 'notifications/cancelled']) {
      const params = method.endsWith('cancelled') ? { requestId: 1 } : {};
      const { status, text } = await post({ jsonrpc: '2.0', method, params });
      expect({ status, text }, method).to.deep.equal({ status: 202, text: '' });
    }
  });

  it('keeps no sessions: GET and DELETE are not allowed', async () => {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const answer = await api.send(method, '/mcp', { headers: speaking });
      expect(answer.status, method).to.equal(405);
      expect(answer.headers.get('allow')).to.equal('POST');
    }
    expect(
      (
        await post(
          message('initialize', {
            protocolVersion: '2025-11-25',
            capabilities: {},
            clientInfo: { name: 'spec', version: '1' },
          }),
        )
      ).headers.get('mcp-session-id'),
    ).to.equal(null);
  });

  it('refuses pages of other origins, also under a rebound name', async () => {
    for (const origin of [
      'http://evil.example',
      'http://localhost.evil.example:8003',
      'https://127.0.0.1.evil.example',
      'null',
      'file://',
    ]) {
      // A rebound name is in both headers.
      const host = URL.parse(origin)?.host || 'evil.example';
      const answer = await post(message('tools/list'), { origin, host });
      expect(answer.status, origin).to.equal(403);
      expect(answer.body.code).to.equal('FORBIDDEN');
    }
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:8003', 'http://[::1]:5173'])
      expect((await post(message('tools/list'), { origin })).status, origin).to.equal(200);
  });

  it('takes JSON of at most 256 KB', async () => {
    expect((await toolCall('mission_create', { title: 'large', description: 'x'.repeat(256 * 1024) })).status).to.equal(
      413,
    );
    expect((await post('title=form', { 'content-type': 'application/x-www-form-urlencoded' })).status).to.equal(415);
    expect((await post('{"jsonrpc')).status).to.equal(400);
    expect((await post('[]')).status).to.equal(400);
  });

  it('refuses unsupported protocol revisions, and lists the supported ones', async () => {
    const old = await post(message('tools/list'), { 'mcp-protocol-version': '2024-11-05' });
    expect(old.status).to.equal(400);
    expect(old.text).to.contain('2025-06-18');
    const offered = await post(
      message('initialize', {
        protocolVersion: '2024-11-05',
        capabilities: {},
        clientInfo: { name: 'spec', version: '1' },
      }),
      { 'mcp-protocol-version': null },
    );
    expect(resultOf(offered).protocolVersion).to.equal('2025-11-25');
  });

  it('responds under the caller’s request id and trace, and passes both on with the tool’s calls', async () => {
    const answer = await toolCall(
      'mission_create',
      { title: 'traced' },
      { 'x-request-id': 'mcp-spec-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    );
    expect(answer.headers.get('x-request-id')).to.equal('mcp-spec-1');
    expect(answer.headers.get('traceparent')).to.match(/^00-0af7651916cd43dd8448eb211c80319c-/);
    const logged = running.gateway.logTail(50);
    const paths = logged
      .split('\n')
      .flatMap((line) => (line.includes('"mcp-spec-1"') ? [/"path":"([^"]*)"/.exec(line)?.[1]] : []));
    expect(paths).to.have.members(['/api/internal/missions', '/mcp']);
    expect(logged).not.to.contain(running.secret);
  });

  it('binds an agent’s key to its customer, its agent and its users', async () => {
    const key = await keyFor('planner', ['ada']);
    const authorization = `Bearer ${key}`;
    const created = await toolCall(
      'mission_create',
      { title: 'by key' },
      { authorization, 'x-customer-id': null, 'x-user-id': null },
    );
    expect(textOf(created)).to.contain('Created');
    const { missions } = (await api.get('missions?user_id=ada&agent_id=planner')).body;
    expect(missions.map(({ title }: { title: string }) => title)).to.deep.equal(['by key']);
    for (const headers of [
      { 'x-user-id': 'eve' },
      { 'x-customer-id': 'another' },
      { 'x-agent-instance-id': 'another' },
    ]) {
      const answer = await toolCall('mission_list', {}, { authorization, ...headers });
      expect(answer.status, JSON.stringify(headers)).to.equal(403);
    }
    const ofAll = `Bearer ${await keyFor('anyone', null)}`;
    expect((await post(message('tools/list'), { authorization: ofAll, 'x-user-id': null })).status).to.equal(400);
  });

  it('offers to a key the tools of its scopes, says which it has not, and refuses those', async () => {
    const all = resultOf(await post(message('tools/list'))).tools.map(({ name }: { name: string }) => name);
    const seen = new Set<string>();
    for (const scope of keyScopes) {
      const authorization = `Bearer ${await keyFor(`only-${scope}`, ['ada'], [scope])}`;
      const { tools } = resultOf(await post(message('tools/list'), { authorization }));
      const offered: string[] = tools.map(({ name }: { name: string }) => name);
      const prompt = resultOf(await post(message('prompts/get', { name: 'missions' }), { authorization }));
      const [, missing = ''] = /You do not have here: (.*?)\. /.exec(prompt.messages[0].content.text) ?? [];
      expect(missing.split(', '), scope).to.have.members(all.filter((name: string) => !offered.includes(name)));
      for (const name of offered) {
        seen.add(name);
        const example = plainRequests.requests.find(({ tool }) => tool === name);
        const text = textOf(await toolCall(name, example?.arguments ?? {}, { authorization }));
        expect(text, name).not.to.contain('SCOPE_REQUIRED').and.not.to.contain('scope "');
      }
      const other = scope === 'email' ? 'mission_list' : 'email_send';
      expect(textOf(await toolCall(other, {}, { authorization }))).to.contain('has no scope "');
    }
    expect([...seen]).to.have.members(all);
  });

  it('shows one user nothing of another', async () => {
    const { id } = await api.mission({ user_id: 'bob', title: 'of bob' });
    for (const [name, args] of Object.entries({
      mission_get: {},
      mission_resume: {},
      mission_complete: { summary: 'x' },
      mission_ask_user: { prompt: 'x' },
    })) {
      const result = resultOf(await toolCall(name, { mission_id: id, ...args }));
      expect(result.isError, name).to.equal(true);
      expect(result.content[0].text).to.contain('MISSION_NOT_FOUND').and.not.to.contain('of bob');
    }
    const forged = resultOf(await toolCall('mission_list', { user_id: 'bob' }));
    expect(forged.isError).to.equal(true);
    expect(forged.content[0].text).to.contain('Leave user_id out');
  });

  it('records the conversation that the host names', async () => {
    const headers = { 'x-conversation-id': 'conv-A' };
    const { tools } = resultOf(await post(message('tools/list'), headers));
    expect(
      tools.find(({ name }: { name: string }) => name === 'mission_create').inputSchema.properties,
    ).not.to.have.property('conversation_id');
    await toolCall('mission_create', { title: 'of conv-A' }, headers);
    const { missions } = (await api.get('missions?user_id=ada&q=conv-A')).body;
    expect(missions[0]).to.include({ title: 'of conv-A', origin_conversation_id: 'conv-A' });
  });

  it('writes under a run only while the run has its lease', async () => {
    const mission = await api.mission({ can_run_autonomously: true, tasks: [{ title: 'work' }] });
    const { run } = (await api.post('runs/claim', { agent_id: 'runner', wait_seconds: 10, lease_seconds: 60 })).body;
    expect(run.mission_id).to.equal(mission.id);
    const start = { mission_id: mission.id, task_id: mission.tasks[0].id, status: 'in_progress' };
    const stale = resultOf(await toolCall('mission_update_task', start, { 'x-run': `${run.id}:${run.fence + 1}` }));
    expect(stale.content[0].text).to.contain('LEASE_LOST').and.to.contain('Stop working');
    expect(textOf(await toolCall('mission_update_task', start, { 'x-run': `${run.id}:${run.fence}` }))).to.contain(
      '[in_progress]',
    );
  });

  it('takes no address from Host, which may be anything', async () => {
    for (const host of ['a b', '[', 'evil.example:x', 'evil.example/path?', '']) {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
      const headers = {
        ...speaking,
        authorization: `Bearer ${running.secret}`,
        'content-type': 'application/json',
        host,
      };
      request(`${running.origin}/mcp`, { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end(JSON.stringify(message('tools/list')));
      expect(await promise, host).to.equal(200);
    }
  });

  it('counts its calls towards the rate limit of the credential', async () => {
    // With the usual limit a slow machine would not answer as many calls as it allows.
    await running.gateway.stop();
    await running.gateway.start({ RATE_LIMIT_PER_KEY: '1' });
    const authorization = `Bearer ${await keyFor('hasty', ['ada'])}`;
    const answers = await Promise.all(Array.from({ length: 60 }, () => post(message('tools/list'), { authorization })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).to.be.greaterThan(0);
    expect(refused[0]?.body.code).to.equal('RATE_LIMITED');
    expect(Number(refused[0]?.headers.get('retry-after'))).to.be.greaterThan(0);
  });
});
