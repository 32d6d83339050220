import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Health } from './health.ts';

export interface HealthServerOptions {
  /** 0 picks a free port. */
  port: number;
  host: string;
  health: Health;
  metrics: Registry;
}

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `/healthz`, `/readyz` (503 with the failed checks) and `/metrics` for services that serve no HTTP otherwise.
 * Plain `node:http`: three responses need no framework.
 */
export async function serveHealth({ port, host, health, metrics }: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    // A scraper that disconnects during the response is not an error of this process, and needs no response any more.
    respond(request, response, health, metrics).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  health: Health,
  metrics: Registry,
): Promise<void> {
  const path = request.url?.split('?', 1)[0];
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, 'text/plain', 'method not allowed\n');
  switch (path) {
    case '/healthz':
      return send(response, 200, 'application/json', '{"status":"ok"}');
    case '/readyz': {
      const report = await health.report();
      return send(response, report.ready ? 200 : 503, 'application/json', JSON.stringify(report));
    }
    case '/metrics':
      return send(response, 200, metrics.contentType, await metrics.metrics());
    default:
      return send(response, 404, 'text/plain', 'not found\n');
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
