import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { expect } from 'chai';
import { parseTraceparent } from './trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

/** Runs the sample in a process of its own, because the SDK is global to a process. */
async function runSample(
  env: Record<string, string>,
): Promise<{ traceparent: string; loaded: boolean; code: unknown }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'telemetry.sample.ts'), PARENT], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { ...(JSON.parse(output) as { traceparent: string; loaded: boolean }), code };
}

describe('telemetry', () => {
  let collector: Server;
  let received: { path: string | undefined; body: Buffer }[];
  beforeEach(async () => {
    received = [];
    collector = createServer((request, response) => {
      void buffer(request).then((body) => {
        received.push({ path: request.url, body });
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => collector.close(resolve)));

  it('sends spans of the incoming trace to the endpoint of the environment', async () => {
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    const { traceparent, loaded, code } = await runSample({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    });
    expect({ code, loaded }).to.deep.equal({ code: 0, loaded: true });
    const spans = received.find(({ path }) => path === '/v1/traces')?.body;
    expect(spans?.includes('sample step')).to.equal(true);
    expect(spans?.includes(Buffer.from(TRACE, 'hex'))).to.equal(true);
    // The outgoing traceparent names the span that was sent.
    expect(parseTraceparent(traceparent)).to.include({ traceId: TRACE, flags: '01' });
    expect(spans?.includes(Buffer.from(parseTraceparent(traceparent)?.spanId ?? '', 'hex'))).to.equal(true);
  });

  it('tells the services after it to leave out a trace that the sampler leaves out', async () => {
    const { traceparent, loaded } = await runSample({
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_TRACES_SAMPLER: 'always_off',
    });
    expect(loaded).to.equal(true);
    expect(parseTraceparent(traceparent)).to.include({ traceId: TRACE, flags: '00' });
  });

  it('is not loaded unless requested, and the trace is passed on nevertheless', async () => {
    const { traceparent, loaded, code } = await runSample({});
    expect({ code, loaded }).to.deep.equal({ code: 0, loaded: false });
    expect(received).to.deep.equal([]);
    expect(parseTraceparent(traceparent)?.traceId).to.equal(TRACE);
  });
});
