import { expect } from 'chai';
import { Health } from './health.ts';
import { type HealthServer, serveHealth } from './health-server.ts';
import { counter, registry } from './metrics.ts';

const failing = () => {
  throw new Error('connection refused');
};

describe('health', () => {
  it('is ready when every check passes', async () => {
    const health = new Health();
    health.add('database', () => Promise.resolve());
    health.add('bus', () => undefined);
    expect(await health.report()).to.deep.equal({ ready: true, checks: { database: 'ok', bus: 'ok' } });
  });

  it('reports each failed check, whether it throws, rejects or hangs', async () => {
    const health = new Health(20);
    health.add('throws', failing);
    health.add('rejects', () => Promise.reject(new Error('gone')));
    health.add('hangs', () => new Promise(() => undefined));
    health.add('passes', () => undefined);
    const checks = { throws: 'connection refused', rejects: 'gone', hangs: 'no answer within 20 ms', passes: 'ok' };
    expect(await health.report()).to.deep.equal({ ready: false, checks });
  });

  it('no longer runs a check that was removed', async () => {
    const health = new Health();
    health.add('starting', failing);
    health.remove('starting');
    expect((await health.report()).ready).to.equal(true);
  });
});

describe('the health server', () => {
  let server: HealthServer;
  let health: Health;
  beforeEach(async () => {
    health = new Health();
    server = await serveHealth({ port: 0, host: '127.0.0.1', health, metrics: registry });
  });
  afterEach(() => server.close());
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

  it('reports the process alive but not ready while a check fails, and names the check', async () => {
    health.add('database', failing);
    expect((await get('/healthz')).status).to.equal(200);
    const response = await get('/readyz?verbose');
    expect(response.status).to.equal(503);
    expect(await response.json()).to.deep.equal({ ready: false, checks: { database: 'connection refused' } });
  });

  it('reports the process ready when no check fails', async () => {
    expect((await get('/readyz')).status).to.equal(200);
  });

  it('serves the metrics', async () => {
    const first = counter('health_spec_total', 'Counted by the spec', ['kind']);
    counter('health_spec_total', 'The same one', ['kind']).inc({ kind: 'a' });
    first.inc({ kind: 'a' });
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).to.match(/^text\/plain/);
    expect(await response.text()).to.contain('health_spec_total{kind="a"} 2');
  });

  it('refuses other paths and methods', async () => {
    expect((await get('/')).status).to.equal(404);
    expect((await get('/healthz', 'POST')).status).to.equal(405);
  });

  it('fails to start if its port is in use', async () => {
    const second = serveHealth({ port: server.port, host: '127.0.0.1', health, metrics: registry });
    expect(
      await second.then(
        () => 'listening',
        (error: NodeJS.ErrnoException) => error.code,
      ),
    ).to.equal('EADDRINUSE');
  });
});
