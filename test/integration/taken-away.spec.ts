import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openKeyDatabase } from '@missions/gateway/keys/database.ts';
import { createKey, revokeKey } from '@missions/gateway/keys/manage.ts';
import type { Database } from '@missions/persistence/database.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import { Api } from '@missions/test-support/api.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { waitingForAda } from './client.ts';
import { SimulatedUser } from './simulated-user.ts';

const issuer = 'https://id.example';
const audience = 'missions';
/** All of them at once are more than the scheduler serves. */
const CLAIMS = 2_000;

describe('what is taken away ends', () => {
  let running: SharedProduct;
  let gateway: Program;
  let provider: Server;
  let signing: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  let keys: Database;
  let api: Api;

  before(async () => {
    running = await product();
    const { database } = running;
    const pair = await generateKeyPair('ES256', { extractable: true });
    signing = pair.privateKey;
    const keySet = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] });
    provider = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(keySet),
    ).listen(0, '127.0.0.1');
    await once(provider, 'listening');
    gateway = await furtherGateway('gateway-with-tokens', {
      OIDC_JWKS_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks`,
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: audience,
      RATE_LIMIT_PER_KEY: '0',
    });
    await gateway.start();
    keys = await openKeyDatabase(database.urlFor('gateway'), createLogger({ service: 'spec', level: 'error' }));
  });
  after(async () => {
    if (gateway.running) await gateway.stop();
    provider.closeAllConnections();
    provider.close();
    await keys.close();
  });
  beforeEach(() => (api = new Api({ origin: `http://127.0.0.1:${gateway.port}`, secret: running.secret })));

  interface Keyed {
    readonly id: string;
    readonly agent: string;
    readonly headers: Record<string, string | null>;
  }
  const keyOf = async (agent: string): Promise<Keyed> => {
    const id = newId();
    const made = { customer_id: api.customer, agent_id: agent, users: null, label: 'spec' };
    const key = await createKey(keys, made, id);
    return { id, agent, headers: { authorization: `Bearer ${key}`, 'x-customer-id': null } };
  };
  /** The call has passed the check of its key, and waits. */
  const waits = ({ id }: Keyed) =>
    waitUntil(
      async () =>
        (await keys.pool.query('select 1 from agent_key where id = $1 and last_used_at is not null', [id])).rows[0],
      { what: 'the call to wait' },
    );
  const claim = ({ headers }: Keyed, wait_seconds = 30, body: object = {}) =>
    api.post('runs/claim', { wait_seconds, ...body }, { headers });

  const killSwitch = (verb: 'on' | 'off', customer: string, user: string) =>
    promisify(execFile)(
      process.execPath,
      ['services/scheduler/admin/kill-switch.ts', verb, '--customer', customer, '--user', user],
      { env: { PATH: process.env['PATH'], DATABASE_URL: running.database.urlFor('scheduler') } },
    );

  it('a claim whose key is revoked ends before its wait is over, and takes no run', async () => {
    const key = await keyOf('taken');
    const waiting = claim(key);
    await waits(key);
    await revokeKey(keys, key.id);
    let refusal: Awaited<typeof waiting> | undefined;
    void waiting.then((response) => (refusal = response));
    const { status, body: refused } = await waitUntil(() => refusal, {
      what: 'the end of the claim',
    });
    expect([status, refused.code]).to.deep.equal([401, 'UNAUTHENTICATED']);
    const mission = await api.mission({ can_run_autonomously: true });
    const { body } = await claim(await keyOf('other'));
    expect([body.run.mission_id, body.run.attempt, body.run.fence]).to.deep.equal([mission.id, 1, 1]);
  });

  it('a claim and a long poll end within a second of the end of their key, and are told that it has expired', async () => {
    const key = await keyOf('expires');
    const asked = await waitingForAda(api);
    const path = `missions/${asked.missionId}/input-requests/${asked.request.id}?wait=30&user_id=ada`;
    const calls = [claim(key), api.get(path, { headers: key.headers })];
    await waits(key);
    await keys.pool.query("update agent_key set expires_at = now() - interval '1 ms' where id = $1", [key.id]);
    for (const { status, body, headers } of await Promise.all(calls)) {
      expect([status, body.code]).to.deep.equal([401, 'KEY_EXPIRED']);
      expect(headers.get('www-authenticate')).to.contain('error="invalid_token"');
    }
    const mission = await api.mission({ can_run_autonomously: true });
    expect((await claim(key, 0)).body.code, 'a new call').to.equal('KEY_EXPIRED');
    expect((await claim(await keyOf('other'))).body.run).to.include({ mission_id: mission.id, attempt: 1 });
  });

  it('a claim whose key is revoked while its run is queued hands nothing out', async () => {
    const key = await keyOf('taken');
    const waiting = claim(key);
    await waits(key);
    await revokeKey(keys, key.id);
    const mission = await api.mission({ can_run_autonomously: true });
    expect((await waiting).status).to.equal(401);
    expect((await claim(await keyOf('other'))).body.run).to.include({ mission_id: mission.id, attempt: 1 });
  });

  it('a waiting read of an input request whose key is revoked gets no response', async () => {
    const asked = await waitingForAda(api);
    const key = await keyOf('reader');
    const path = `missions/${asked.missionId}/input-requests/${asked.request.id}?wait=30&user_id=ada`;
    const waiting = api.get(path, { headers: key.headers });
    await waits(key);
    await revokeKey(keys, key.id);
    await new SimulatedUser(api).respond(asked.request.id, { selected_option: 'yes' });
    const { status, text } = await waiting;
    expect([status, text.includes('selected_option')]).to.deep.equal([401, false]);
  });

  it('a stream ends when its token expires', async () => {
    const expires = Math.floor(Date.now() / 1000) + 5;
    const token = await new SignJWT({ sub: 'ada', iss: issuer, aud: audience, customer_id: api.customer })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(signing);
    const response = await fetch(`${api.origin}/api/v1/stream`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(20_000),
    });
    expect(response.status).to.equal(200);
    await response.text();
    expect(Date.now() / 1000).to.be.at.least(expires - 0.1);
  });

  it('a claim whose caller has hung up takes no run', async () => {
    const key = await keyOf('hangs-up');
    const hangingUp = new AbortController();
    const gone = fetch(`${api.origin}/api/internal/runs/claim`, {
      method: 'POST',
      headers: { authorization: String(key.headers['authorization']), 'content-type': 'application/json' },
      body: JSON.stringify({ wait_seconds: 60, lease_seconds: 900 }),
      signal: hangingUp.signal,
    }).catch(() => 'hung up');
    await waits(key);
    hangingUp.abort();
    expect(await gone).to.equal('hung up');
    const mission = await api.mission({ can_run_autonomously: true });
    const { status, body } = await claim(await keyOf('stays'), 20);
    expect([status, body.run?.mission_id, body.run?.attempt]).to.deep.equal([200, mission.id, 1]);
  });

  it('a kill switch that an operator sets ends a held run: its heartbeats and its writes are refused', async () => {
    const mission = await api.mission({ can_run_autonomously: true, tasks: [{ title: 'work' }] });
    const { run } = (await claim(await keyOf('switched'))).body;
    await killSwitch('on', api.customer, 'ada');
    const refused = await api.post(`runs/${run.id}/heartbeat`, { fence: run.fence });
    expect([refused.body.code, refused.body.reason]).to.deep.equal(['LEASE_LOST', 'switched_off']);
    const note = { event_type: 'note', content: 'late' };
    const under = { headers: { 'X-Run': `${run.id}:${run.fence}` } };
    const write = await waitUntil(
      async () => {
        const { body } = await api.post(`missions/${mission.id}/events`, note, under);
        return body.code === 'LEASE_LOST' && body.reason !== undefined ? body : undefined;
      },
      { what: 'writes to be refused' },
    );
    expect(write.reason).to.equal('switched_off');
    const mail = { user_id: 'ada', to: ['sarah@example.com'], subject: 'Late', body: 'Hello' };
    expect((await api.post('emails', mail, under)).body).to.include({ code: 'LEASE_LOST', reason: 'switched_off' });
    const itsMail = await api.post('emails', { ...mail, mission_id: mission.id }, under);
    expect(itsMail.body).to.include({ code: 'LEASE_LOST', reason: 'switched_off' });
    expect((await claim(await keyOf('later'), 0)).status).to.equal(204);
    await killSwitch('off', api.customer, 'ada');
    expect((await claim(await keyOf('again'))).body.run.mission_id).to.equal(mission.id);
  });

  it('the switch of the user b/c of a customer stops no run of the user c of the customer with /b', async () => {
    await killSwitch('on', api.customer, 'b/c');
    const other = new Api({ origin: api.origin, secret: running.secret }, `${api.customer}/b`);
    const mission = await other.mission({ user_id: 'c', can_run_autonomously: true });
    const { status, body } = await other.post('runs/claim', { wait_seconds: 10 });
    expect([status, body.run?.mission_id]).to.deep.equal([200, mission.id]);
    await api.mission({ user_id: 'b/c', can_run_autonomously: true });
    expect((await api.post('runs/claim', { wait_seconds: 2 })).status).to.equal(204);
    await killSwitch('off', api.customer, 'b/c');
    expect((await api.post('runs/claim', { wait_seconds: 10 })).status).to.equal(200);
  });

  for (const [verb, reason] of Object.entries({ pause: 'paused', cancel: 'ended' }))
    it(`a run whose mission its user has ${reason} writes and mails nothing more, and is told the reason`, async () => {
      const mission = await api.mission({ can_run_autonomously: true });
      const { run } = (await claim(await keyOf(reason))).body;
      const asUser = { headers: { 'X-User-ID': 'ada' } };
      expect((await api.post(`/api/v1/missions/${mission.id}/${verb}`, {}, asUser)).status).to.equal(200);
      const under = { headers: { 'X-Run': `${run.id}:${run.fence}` } };
      const mail = { user_id: 'ada', to: ['sarah@example.com'], subject: 'Late', body: 'Hello' };
      const refused = {
        'an entry': await api.post(`missions/${mission.id}/events`, { event_type: 'note', content: 'late' }, under),
        'its mail': await api.post('emails', { ...mail, mission_id: mission.id }, under),
        'mail of no mission': await api.post('emails', mail, under),
        'a new mission': await api.post('missions', { user_id: 'ada', title: 'Late' }, under),
      };
      for (const [what, { status, body }] of Object.entries(refused))
        expect([status, body.code, body.reason], what).to.deep.equal([409, 'LEASE_LOST', reason]);
    });

  it(`${CLAIMS} claims of one key leave places for another key, which gets its run at once`, async () => {
    const greedy = await keyOf('greedy');
    const other = await keyOf('other');
    // Claims of a key that the gateway does not know yet would count against their address.
    expect((await claim(greedy, 0)).status).to.equal(204);
    const ending = new AbortController();
    const answers = new Map<string, number>();
    const count = (answer: string): void => void answers.set(answer, (answers.get(answer) ?? 0) + 1);
    const answered = (): number => [...answers.values()].reduce((sum, one) => sum + one, 0);
    const claims = Array.from({ length: CLAIMS }, () =>
      fetch(`${api.origin}/api/internal/runs/claim`, {
        method: 'POST',
        headers: { authorization: String(greedy.headers['authorization']), 'content-type': 'application/json' },
        body: JSON.stringify({ wait_seconds: 60 }),
        signal: ending.signal,
      }).then(
        async (response) => {
          count(`${response.status}, retry after ${response.headers.get('retry-after')}`);
          await response.text();
        },
        // So many connections at once may be too many for the machine; such a call takes no place.
        () => count('no connection'),
      ),
    );
    await waitUntil(() => answered() >= CLAIMS - 20, { withinMs: 60_000, what: 'the places to be taken' });
    expect(answered()).to.equal(CLAIMS - 20);
    expect(answers.get('429, retry after 5'), JSON.stringify([...answers])).to.be.above(CLAIMS / 2);
    const rival = new Api({ origin: api.origin, secret: running.secret });
    const mission = await rival.mission({ can_run_autonomously: true });
    const { status, body } = await rival.post('runs/claim', { wait_seconds: 10 });
    expect([status, body.run?.mission_id]).to.deep.equal([200, mission.id]);
    expect((await claim(other, 0)).status, 'another key of the same customer').to.equal(204);
    ending.abort();
    await Promise.all(claims);
  });
});
