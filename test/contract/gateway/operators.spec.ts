import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { OperatorClient } from '@missions/client/operator-client.ts';
import { operationsForOperators } from '@missions/contracts/rest/operations.ts';
import { serviceNames } from '@missions/contracts/subjects.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { auditEntries } from '@missions/test-support/audit-entries.ts';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { keyOf } from './agent-key.ts';
import { call } from './call.ts';
import { type IdentityProvider, identityProvider } from './identity-provider.ts';
import { type Browser, signedIn } from './signed-in.ts';

const bodies: Record<string, object> = { setKillSwitch: { scope: 'mission', mission_id: newId(), on: false } };

describe('the calls for operators', () => {
  let gateway: Program;
  let provider: IdentityProvider;
  let api: Api;
  let operator: Browser;
  const customer = `operated-${randomUUID()}`;

  before(async () => {
    const { servers, secret } = await product();
    provider = await identityProvider();
    gateway = await furtherGateway('gateway-of-operators', {
      OPERATOR_USER_IDS: `me, ${customer}:olga`,
      OPERATOR_NATS_URL: servers.natsUrlFor('operator'),
      ...provider.env,
    });
    await gateway.start();
    api = new Api({ origin: `http://127.0.0.1:${gateway.port}`, secret }, customer);
    operator = await signedIn(customer, 'olga', api.origin);
  });
  after(async () => {
    await gateway.stop();
    provider.stop();
  });

  const as = (headers: Record<string, string | null>) => (method: string, path: string, body?: object) =>
    api.send(method, `/api/operate/${path}`, { ...(body && { body }), headers });
  const operate = (method: string, path: string, body?: object): Promise<ApiResponse> =>
    as({ ...operator.headers })(method, path, body);
  const unnamed = { 'x-customer-id': null, 'x-user-id': null };

  const others: [who: string, headers: () => Promise<Record<string, string | null>>, status: number][] = [
    ['nobody', async () => ({ ...unnamed, authorization: null }), 401],
    ['the trusted backend that names an operator', async () => ({ 'x-user-id': 'olga' }), 403],
    ['an agent’s key of an operator', async () => ({ ...unnamed, ...(await keyOf(customer, ['olga'])) }), 403],
    ['the session of another user', async () => ({ ...(await signedIn(customer, 'eve', api.origin)).headers }), 403],
    [
      'the session of a user of the same name elsewhere',
      async () => ({ ...(await signedIn('another', 'olga', api.origin)).headers }),
      403,
    ],
    ['a token of another user', async () => ({ ...unnamed, ...(await provider.tokenOf('eve', customer)) }), 403],
    [
      'an operator’s session, made use of by a page elsewhere',
      async () => ({ ...operator.headers, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }),
      403,
    ],
  ];
  for (const [who, headers, status] of others)
    it(`are refused to ${who}`, async () => {
      const shown = await headers();
      for (const operation of operationsForOperators) {
        // What a read answers, the browser keeps from such a page.
        if (who.includes('page elsewhere') && operation.method === 'get') continue;
        const body = bodies[operation.id] ?? {};
        const answer = await call(api, operation, {
          params: { sequence: '1' },
          headers: { 'x-user-id': null, ...shown },
          ...(operation.method === 'post' && { body }),
        });
        expect(answer.status, `${operation.id}: ${answer.text}`).to.equal(status);
      }
    });

  it('are open to an operator’s session and token, who are told so', async () => {
    const token = { ...unnamed, ...(await provider.tokenOf('olga', customer)) };
    for (const headers of [operator.headers, token]) {
      const { body } = await api.get('/api/v1/me', { headers: { ...headers } });
      expect(body).to.include({ user_id: 'olga', operator: true });
      for (const { method, path } of operationsForOperators.filter((one) => one.method === 'get')) {
        const { status, text } = await as({ ...headers })(
          method,
          path.slice('/api/operate/'.length).replace('{sequence}', '99999'),
        );
        expect(status, `${path}: ${text}`).to.equal(path.includes('{') ? 404 : 200);
      }
    }
    const eve = await signedIn(customer, 'eve', api.origin);
    expect((await api.get('/api/v1/me', { headers: { ...eve.headers } })).body.operator).to.equal(false);
  });

  it('show services, streams, timers, mail and switches at a glance', async () => {
    const { body } = await operate('get', 'status');
    expect(body.problems).to.deep.equal([]);
    expect(body.ready).to.equal(true);
    expect(body.services.map(({ service }: { service: string }) => service)).to.deep.equal([...serviceNames]);
    for (const service of body.services) expect(service.copies).to.be.at.least(1);
    expect(body.streams.map(({ stream }: { stream: string }) => stream)).to.include.members(['MISSION', 'DEADLETTER']);
    expect(body.timers.pending).to.be.a('number');
    expect(body.mail.queued).to.be.a('number');
    expect(body.kill_switches).to.be.an('array');
    expect(body.webhooks.total).to.be.at.least(body.webhooks.webhooks.length);
  });

  it('say what agents have used, of all users or of one, in as many days as runs are kept', async () => {
    const usage = { input_tokens: 1_200, output_tokens: 30, cost: { amount: '0.25', currency: 'EUR' } };
    for (const user_id of ['ada', 'bob']) {
      await api.mission({ user_id, can_run_autonomously: true });
      const headers = { 'x-agent-instance-id': 'worker', 'x-user-id': user_id };
      const claimed = await api.post('runs/claim', { wait_seconds: 20 }, { headers });
      const { id, fence } = claimed.body.run;
      expect((await api.post(`runs/${id}/heartbeat`, { fence, usage }, { headers })).status).to.equal(200);
    }
    const { cost, ...tokens } = usage;
    const of = (user_id: string) => ({ customer_id: customer, user_id, runs: 1, ...tokens, costs: [cost] });
    const used = async (query: string) => (await operate('get', `usage?${query}`)).body.usage;
    expect(await used(`customer_id=${customer}&days=1`)).to.deep.equal([of('ada'), of('bob')]);
    expect(await used(`customer_id=${customer}&user_id=bob`)).to.deep.equal([of('bob')]);
    expect(await used(`customer_id=${customer}&limit=1`)).to.deep.equal([of('ada')]);
    expect(await used(`customer_id=another-${customer}`)).to.deep.equal([]);
    for (const days of [0, 36]) expect((await operate('get', `usage?days=${days}`)).status).to.equal(400);
  });

  it('set and lift kill switches, which say who set them and why, each with an entry of who did it', async () => {
    const target = { scope: 'user', customer_id: customer, user_id: 'ada' };
    const reason = 'It writes to <everybody>';
    const set = await operate('post', 'kill-switches', { ...target, on: true, reason });
    expect(set.body, set.text).to.deep.equal({ ...target, on: true, changed: true });
    expect((await operate('post', 'kill-switches', { ...target, on: true })).body.changed).to.equal(false);
    const listed = (await operate('get', 'kill-switches')).body.kill_switches;
    const [{ set_at, ...shown }] = listed.filter((one: { customer_id?: string }) => one.customer_id === customer);
    expect(shown).to.deep.equal({ ...target, set_by: `${customer}:olga`, reason });
    expect(Date.now() - Date.parse(set_at)).to.be.below(60_000);
    expect((await operate('post', 'kill-switches', { ...target, on: false })).body.changed).to.equal(true);
    const entries = await auditEntries((await product()).database, customer, ['scheduler']);
    expect(
      entries.map(({ action, actor, operator: by, user_id, channel }) => [action, actor, by, user_id, channel]),
    ).to.deep.equal(
      ['kill_switch.set', 'kill_switch.lifted'].map((action) => [
        action,
        'operator',
        `${customer}:olga`,
        'olga',
        'rest',
      ]),
    );
    const wrong = await operate('post', 'kill-switches', { scope: 'mission', customer_id: customer, on: true });
    expect(wrong.body.errors.map(({ path }: { path: string }) => path)).to.deep.equal(['/mission_id', '/customer_id']);
  });

  it('list dead letters, replay and drop them', async () => {
    const { servers, database } = await product();
    const logger = createLogger({ service: 'spec', level: 'silent' });
    const bus = await connectBus({ servers: servers.natsUrlFor('approval'), name: 'approval', logger });
    const about = { customer_id: customer, user_id: 'ada', mission_id: newId(), version: 1, index: 0 };
    const event = { ...about, id: newId(), type: 'approval.responded', source: '/x', time: new Date().toISOString() };
    await bus.publish({ ...event, data: { at: 'nonsense' } });
    const { authorization } = await provider.tokenOf('olga', customer);
    const client = new OperatorClient({ baseUrl: api.origin, credential: authorization.replace('Bearer ', '') });
    const find = () =>
      waitUntil(
        async () =>
          (await client.listDeadLetters({ service: 'mission', limit: 500 })).dead_letters.find(
            ({ event_id }) => event_id === event.id,
          ),
        { what: 'the dead letter' },
      );
    const letter = await find();
    expect((await client.getDeadLetter(letter?.sequence ?? 0)).body).to.include('nonsense');
    await client.replayDeadLetter(letter?.sequence ?? 0);
    const again = await find();
    expect(again?.sequence).to.be.greaterThan(letter?.sequence ?? 0);
    await client.dropDeadLetter(again?.sequence ?? 0);
    const gone = await operate('post', `dead-letters/${again?.sequence}/drop`, {});
    expect(gone.status).to.equal(404);
    const entries = await auditEntries(database, '', ['gateway']);
    const done = entries.filter(({ target_id, result }) => target_id === String(again?.sequence) && result === 'done');
    expect(done.map(({ action, operator: by }) => [action, by])).to.deep.equal([
      ['dead_letter.dropped', `${customer}:olga`],
    ]);
    await bus.drain();
  });
});
