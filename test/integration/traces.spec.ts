import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Client } from 'pg';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

/** As OTLP has it in JSON. */
interface Exported {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { code?: number };
  readonly attributes: Record<string, string | number>;
  readonly links?: readonly { readonly traceId: string }[];
  readonly events?: readonly unknown[];
}

describe('the traces of a product that exports them', () => {
  const spans: Exported[] = [];
  let collector: Server;
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;
  let api: Api;

  before(async () => {
    collector = createServer((request, response) => {
      void json(request).then((body) => {
        spans.push(...exportedIn(body));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await once(collector.listen(0, '127.0.0.1'), 'listening');
    const exported = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    };
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    product = await startProduct({
      database,
      natsUrlFor: servers.natsUrlFor,
      env: { gateway: exported, mission: exported },
      only: ['gateway', 'mission'],
    });
    api = new Api(product);
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
    await new Promise((resolve) => collector.close(resolve));
  });

  const asAdmin = async (sql: string): Promise<void> => {
    const admin = new Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query(sql);
    await admin.end();
  };
  const spanOf = (trace: string, name: string): Promise<Exported> =>
    waitUntil(() => spans.find((span) => span.traceId === trace && span.name === name), { what: `the span ${name}` });
  const traced = (trace: string, flags = '01') => ({ traceparent: `00-${trace}-00f067aa0ba902b7-${flags}` });

  it('have the call to the gateway as their root, and each further step below it, with ids and no words', async () => {
    const answer = await api.post('missions', { user_id: 'ada', title: 'Secret plan' }, { headers: traced(TRACE) });
    const root = await spanOf(TRACE, 'POST /api/internal/missions');
    expect(root).to.deep.include({ service: 'gateway', kind: SERVER, parentSpanId: '00f067aa0ba902b7' });
    expect(root.attributes).to.deep.include({
      'http.request.method': 'POST',
      'http.route': '/api/internal/missions',
      'http.response.status_code': 201,
    });
    expect(answer.headers.get('traceparent')).to.contain(root.spanId);
    const called = await spanOf(TRACE, 'request svc.mission.create');
    const served = await spanOf(TRACE, 'serve svc.mission.create');
    const published = await spanOf(TRACE, 'publish mission.created');
    expect([called, served, published].map(({ parentSpanId }) => parentSpanId)).to.deep.equal([
      root.spanId,
      called.spanId,
      served.spanId,
    ]);
    const about = { 'messaging.system': 'nats', 'missions.customer_id': api.customer };
    expect(called.attributes).to.deep.include(about);
    expect(published.attributes).to.deep.include({ ...about, 'missions.mission_id': answer.body.id });
    expect(published.attributes['missions.outbox.age_ms']).to.be.within(0, 60_000);
    const written = await spanOf(TRACE, 'mission.create');
    expect(written).to.deep.include({ service: 'mission', kind: CLIENT, parentSpanId: served.spanId });
    expect(written.attributes).to.deep.include({
      'db.system.name': 'postgresql',
      'db.query.summary': 'mission.create',
      'server.address': '127.0.0.1',
    });
    expect(written.attributes).to.include.keys('db.namespace', 'server.port').and.not.to.include.keys('db.query.text');
    expect(JSON.stringify(spans)).not.to.match(/Secret plan|"ada"/);
  });

  it('have each statement, also one that writes for several calls, in a trace or linked to it, and none of polls', async () => {
    const traces = Array.from({ length: 30 }, (_, n) => String(1_000 + n).repeat(8));
    await Promise.all(
      traces.map((trace) => api.post('missions', { user_id: 'ada', title: 'x' }, { headers: traced(trace) })),
    );
    const isOf = (trace: string, { traceId, links = [] }: Exported): boolean =>
      traceId === trace || links.some((link) => link.traceId === trace);
    for (const trace of traces)
      await waitUntil(() => spans.some((span) => span.name === 'mission.create' && isOf(trace, span)), {
        what: `a statement of ${trace}`,
      });
    expect(spans.some(({ name, links = [] }) => name === 'mission.create' && links.length > 0)).to.equal(true);
    const roots = spans.filter(({ parentSpanId, name }) => !parentSpanId && name.startsWith('mission.'));
    expect(roots.map(({ name }) => name)).to.deep.equal([]);
  });

  it('say which statement failed by its code, and nothing of what the server said', async () => {
    const failed = '5'.repeat(32);
    const { body } = await api.post('missions', { user_id: 'ada', title: 'x' });
    await asAdmin('alter table mission.task rename to task_aside');
    const read = await api.get(`missions/${body.id}?user_id=ada`, { headers: traced(failed) });
    await asAdmin('alter table mission.task_aside rename to task');
    expect(read.status).to.equal(500);
    const span = await spanOf(failed, 'mission.read');
    expect(span.status.code).to.equal(ERROR);
    expect(span.attributes).to.include({ 'error.type': '42P01', 'db.response.status_code': '42P01' });
    expect([span.status, span.events ?? []]).to.deep.equal([{ code: ERROR }, []]);
  });

  it('say which call failed, and not of a refusal that it did', async () => {
    const [refused, failed] = ['1', '2'].map((digit) => digit.repeat(32)) as [string, string];
    expect((await api.post('missions', {}, { headers: traced(refused) })).status).to.equal(400);
    expect((await spanOf(refused, 'POST /api/internal/missions')).status.code ?? 0).not.to.equal(ERROR);
    // No scheduler runs.
    const body = { agent_id: 'a' };
    expect((await api.post('runs/claim', body, { headers: traced(failed) })).status).to.equal(503);
    expect((await spanOf(failed, 'POST /api/internal/runs/claim')).status.code).to.equal(ERROR);
  });

  it('are left out as a whole where the caller does not record them', async () => {
    const unrecorded = '3'.repeat(32);
    const after = '4'.repeat(32);
    const answer = await api.post('missions', { user_id: 'ada', title: 'x' }, { headers: traced(unrecorded, '00') });
    expect(answer.headers.get('traceparent')).to.match(new RegExp(`^00-${unrecorded}-[0-9a-f]{16}-00$`));
    await api.post('missions', { user_id: 'ada', title: 'x' }, { headers: traced(after) });
    await spanOf(after, 'publish mission.created');
    expect(spans.filter(({ traceId }) => traceId === unrecorded)).to.deep.equal([]);
  });
});

function exportedIn(body: any): Exported[] {
  const valueOf = ({ stringValue, intValue, doubleValue, boolValue }: any) =>
    stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue) : Number(intValue));
  const named = (attributes: any[] = []) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
  return body.resourceSpans.flatMap(({ resource, scopeSpans }: any) =>
    scopeSpans.flatMap(({ spans: some }: any) =>
      some.map((span: any) => ({
        ...span,
        service: named(resource.attributes)['service.name'],
        attributes: named(span.attributes),
      })),
    ),
  );
}
