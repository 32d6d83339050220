import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { MissionsClient } from './client.ts';
import { MissionsError } from './missions-error.ts';
import type { ResponseDetails } from './options.ts';
import type { RetryOptions } from './retry.ts';
import { collect } from './testing/collect.ts';
import { type Fault, type FaultyGateway, startFaultyGateway, unavailable } from './testing/faulty-gateway.ts';

const retry: Partial<RetryOptions> = { baseMs: 5, capMs: 20 };

describe('the client under network faults', () => {
  let faulty: FaultyGateway;
  let client: MissionsClient;

  before(async () => {
    const { origin, secret } = await product();
    faulty = await startFaultyGateway(origin);
    client = new MissionsClient({
      baseUrl: faulty.origin,
      credential: secret,
      customerId: `faults-${randomUUID()}`,
      userId: 'ada',
      retry,
    });
  });
  after(() => faulty?.stop());

  const failure = async (call: Promise<unknown>): Promise<MissionsError> => {
    const error = await call.then(
      () => new Error('did not fail'),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof MissionsError)) throw error;
    return error;
  };

  const faults: Record<string, Fault> = {
    'the connection is reset': 'reset',
    'the connection is reset after the mission was created': 'pass and reset',
    'the service is unavailable': unavailable,
    'a proxy does not reach the gateway': { status: 502, body: '<html>Bad Gateway</html>' },
  };

  for (const [what, fault] of Object.entries(faults)) {
    it(`creates one mission when ${what}`, async () => {
      const title = randomUUID();
      const responses: ResponseDetails[] = [];
      faulty.inject(fault, fault);
      const mission = await client.createMission({ title }, { onResponse: (details) => responses.push(details) });
      expect(responses).to.have.length(1);
      expect(responses[0]).to.include({ status: 201, attempts: 3, replayed: fault === 'pass and reset' });
      expect(
        new Set(
          faulty.attempts.map(({ headers, body }) =>
            JSON.stringify([headers['idempotency-key'], headers['x-request-id'], body]),
          ),
        ),
      ).to.have.property('size', 1);
      const found = await collect(client.eachMission({ q: `"${title}"` }), ({ id }) => id);
      expect(found).to.deep.equal([mission.id]);
    });
  }

  it('fails after the configured attempts with the error of the last one', async () => {
    faulty.inject(...Array<Fault>(10).fill(unavailable));
    const error = await failure(client.listMissions());
    expect(error).to.include({
      code: 'UNAVAILABLE',
      status: 503,
      detail: 'later',
      attempts: 4,
      requestId: 'of-the-gateway',
    });
    expect(faulty.attempts).to.have.length(4);
    faulty.inject('reset', 'reset');
    expect(await failure(client.listMissions({}, { retries: 1, requestId: 'mine' }))).to.include({
      code: 'UNREACHABLE',
      status: undefined,
      attempts: 2,
      requestId: 'mine',
    });
  });

  it('does not retry a change that may have been executed, unless it carries If-Match', async () => {
    const { id, version } = await client.createMission({ title: 'patched' });
    faulty.inject('reset');
    expect(await failure(client.updateMission(id, { priority: 'high' }))).to.include({
      code: 'UNREACHABLE',
      attempts: 1,
    });
    faulty.inject({ status: 502 });
    expect(await failure(client.updateMission(id, { priority: 'high' }))).to.include({
      code: 'UNEXPECTED_ANSWER',
      status: 502,
      attempts: 1,
    });
    faulty.inject('reset');
    expect(await client.updateMission(id, { priority: 'high' }, { ifVersion: version })).to.include({
      priority: 'high',
      version: version + 1,
    });
    faulty.inject('pass and reset');
    expect(await failure(client.updateMission(id, { priority: 'low' }, { ifVersion: version + 1 }))).to.include({
      code: 'VERSION_MISMATCH',
      attempts: 2,
    });
    expect((await client.getMission(id)).priority).to.equal('low');
  });

  it('claims anew, and extends a lease again, when a response was lost', async () => {
    const { id } = await client.createMission({ title: 'run', can_run_autonomously: true });
    const claim = () => client.claimRun({ lease_seconds: 60 });
    const claimed = await waitUntil(claim, { what: 'a run' });
    faulty.inject('pass and reset', { status: 504 });
    expect(await claim()).to.equal(undefined);
    expect(faulty.attempts).to.have.length(3);
    const run = { id: claimed.run?.id ?? '', fence: claimed.run?.fence ?? 0 };
    faulty.inject('pass and reset');
    const extended = await client.heartbeatRun(run.id, { fence: run.fence });
    expect([extended.mission_id, faulty.attempts.length]).to.deep.equal([id, 2]);
  });

  it('retries a change that was not executed', async () => {
    const { id } = await client.createMission({ title: 'patched' });
    faulty.inject(unavailable, { status: 429, headers: { 'Retry-After': '0' } });
    expect(await client.updateMission(id, { priority: 'high' })).to.include({ priority: 'high', version: 2 });
  });

  it('waits as long as Retry-After says, up to its limit', async () => {
    faulty.inject({ status: 429, headers: { 'Retry-After': '1' } });
    const began = performance.now();
    await client.listMissions();
    expect(performance.now() - began).to.be.at.least(1000);
    faulty.inject({ status: 429, headers: { 'Retry-After': '3600' } });
    expect(await failure(client.listMissions())).to.include({ status: 429, attempts: 1 });
  });

  it('does not retry a refused call', async () => {
    faulty.inject();
    await failure(client.createMission({ title: '' }));
    expect(faulty.attempts).to.have.length(1);
  });

  it('aborts an attempt after its timeout, and retries', async () => {
    faulty.inject('hang');
    expect((await client.createMission({ title: 'late' }, { timeoutMs: 2_000 })).title).to.equal('late');
    faulty.inject('hang', 'hang');
    const error = await failure(client.listMissions({}, { timeoutMs: 50, retries: 1 }));
    expect(error).to.include({ code: 'TIMEOUT', status: undefined, attempts: 2 });
    expect(error.detail).to.contain('50 ms');
  });

  it('throws the reason of the signal when its caller aborts: before, during and between attempts', async () => {
    const reason = new Error('the user went away');
    faulty.inject();
    expect(
      await client.listMissions({}, { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error),
    ).to.equal(reason);
    expect(faulty.attempts).to.have.length(0);

    const during = new AbortController();
    faulty.inject('hang');
    const hanging = client.listMissions({}, { signal: during.signal }).catch((error: unknown) => error);
    await waitUntil(() => faulty.attempts.length === 1);
    during.abort(reason);
    expect(await hanging).to.equal(reason);

    const between = new AbortController();
    faulty.inject({ status: 503, headers: { 'Retry-After': '20' } });
    const waiting = client.listMissions({}, { signal: between.signal }).catch((error: unknown) => error);
    await waitUntil(() => faulty.attempts.length === 1);
    between.abort(reason);
    expect(await waiting).to.equal(reason);
    expect(faulty.attempts).to.have.length(1);
  });

  it('reports why an address cannot be reached', async () => {
    const unreachable = new MissionsClient({ baseUrl: `http://127.0.0.1:${await freePort()}`, credential: 'x', retry });
    const error = await failure(unreachable.updateMission(randomUUID(), { priority: 'low' }));
    expect(error).to.include({ code: 'UNREACHABLE', attempts: 4 });
    expect(error.detail).to.contain('ECONNREFUSED');
  });

  it('follows no redirect, and accepts no response that is not one of the API', async () => {
    faulty.inject({ status: 307, headers: { Location: 'http://127.0.0.1:1/' } });
    expect(await failure(client.createMission({ title: 'elsewhere' }))).to.include({
      code: 'UNEXPECTED_ANSWER',
      status: 307,
      attempts: 1,
    });
    faulty.inject({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<p>Please sign in' });
    const error = await failure(client.listMissions());
    expect(error).to.include({ code: 'UNEXPECTED_ANSWER', status: 200 });
    expect(error.detail).to.contain('Please sign in');
    faulty.inject({
      status: 418,
      headers: { 'Content-Type': 'application/problem+json' },
      body: '{"code":"NEWER_THAN_THIS","detail":"ask again"}',
    });
    expect(await failure(client.listMissions())).to.include({
      code: 'NEWER_THAN_THIS',
      detail: 'ask again',
      status: 418,
    });
  });
});
