import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';

const REPETITIONS = repetitions(1, 10);

describe('the readiness of the gateway', function () {
  this.timeout(180_000);
  let servers: DeployedServers;
  let running: Product;
  let api: Api;
  before(async () => {
    servers = await startDeployedServers();
    running = await startProduct({ database: await servers.freshDatabase(), natsUrlFor: servers.natsUrlFor });
    api = new Api(running);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(running?.logs());
  });
  after(async () => {
    await running?.stop();
    await servers?.stop();
  });

  const ready = async (origin = running.origin) => {
    const response = await fetch(`${origin}/readyz`).catch(() => undefined);
    if (!response) return undefined;
    // Of which version it is stands in its own test, and not before it has started.
    const { version: _version, ...said } = (await response.json()) as {
      version?: string;
      checks: Record<string, string>;
    };
    return { status: response.status, ...said };
  };
  const missing = async (origin?: string): Promise<string[] | undefined> => {
    const { checks } = (await ready(origin)) ?? {};
    return checks && Object.keys(checks).filter((name) => checks[name] !== 'ok');
  };
  /** Without the wait for readiness, which does not come as long as something is missing. */
  const startNotReady = (env: Record<string, string> = {}): Promise<unknown> =>
    running.gateway.start(env).catch((error: unknown) => error);
  /** A call of each service. */
  const calls = (user = 'ada') => [
    api.post('missions', { user_id: user, title: 'First' }),
    api.get('/api/v1/input-requests', { headers: { 'x-user-id': user } }),
    api.post('runs/claim', { agent_id: 'worker', wait_seconds: 0 }),
    api.post('emails/check-replies', { user_id: user }),
  ];
  const statuses = async () => (await Promise.all(calls())).map(({ status }) => status);
  const TAKEN = [201, 200, 204, 200];

  it('waits for the first answer of every service, and names those that have not answered', async () => {
    await running.gateway.stop();
    await Promise.all([running.mission.stop(), running['email-bridge'].stop()]);
    const started = startNotReady();
    await waitUntil(async () => String(await missing()) === 'mission,email-bridge', {
      what: 'the others to answer',
    });
    expect(await ready()).to.deep.equal({
      status: 503,
      ready: false,
      checks: {
        nats: 'ok',
        mission: 'failed',
        approval: 'ok',
        scheduler: 'ok',
        'email-bridge': 'failed',
        notifier: 'ok',
        database: 'ok',
      },
    });
    const { checks } = (await ready(running.healthOrigin)) ?? {};
    expect(checks).to.deep.include({
      approval: 'ok',
      mission: 'The mission service does not answer; try again in a moment.',
    });

    await Promise.all([running.mission.start(), running['email-bridge'].start()]);
    expect(await started).to.equal(undefined);
    expect(await statuses()).to.deep.equal(TAKEN);
  });

  it('is not lost when a service goes away later, whose own calls are refused', async () => {
    await running.approval.stop();
    expect((await ready())?.status).to.equal(200);
    expect(await missing(running.healthOrigin)).to.deep.equal([]);
    expect(await statuses()).to.deep.equal(TAKEN.with(1, 503));
    await running.approval.start();
    expect(await statuses()).to.deep.equal(TAKEN);
  });

  it('means that a call right after it is taken, also when every process has restarted', async () => {
    const services = [running.mission, running.approval, running.scheduler, running['email-bridge'], running.notifier];
    for (let repetition = 1; repetition <= REPETITIONS; repetition++) {
      await Promise.all([running.gateway, ...services].map((program) => program.stop()));
      const starts = [running.gateway, ...services].map((program) => program.start());
      await waitUntil(async () => (await ready())?.status === 200, { everyMs: 1 });
      expect(await statuses(), `restart ${repetition}`).to.deep.equal(TAKEN);
      await Promise.all(starts);
    }
  });

  it('a gateway that waits for PostgreSQL or NATS listens, says so, and refuses calls with nothing done', async () => {
    const nowhere = 'postgres://gateway:secret@127.0.0.1:1/missions';
    for (const [what, env] of Object.entries({
      database: { DATABASE_URL: nowhere },
      nats: { NATS_URL: 'nats://gateway:test@127.0.0.1:1' },
    })) {
      await running.gateway.stop();
      const started = startNotReady(env);
      await waitUntil(async () => (await missing())?.includes(what), {
        what: `the gateway to wait for ${what}`,
      });
      expect((await ready())?.status).to.equal(503);
      expect((await api.get('/healthz')).status).to.equal(200);
      for (const refused of await Promise.all(calls())) {
        expect(refused.body).to.include({ status: 503, code: 'UNAVAILABLE' });
        expect(refused.body.detail).to.contain('/readyz').and.contain('Nothing was done');
        expect(refused.headers.get('retry-after')).to.match(/^\d+$/);
      }
      await running.gateway.stop();
      await started;
    }
    await running.gateway.start();
    expect(await statuses()).to.deep.equal(TAKEN);
  });
});
