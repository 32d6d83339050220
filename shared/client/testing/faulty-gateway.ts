import { once } from 'node:events';
import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * How one attempt is treated: passed on, answered here, left without a response, or reset, before or after the gateway
 * has executed it.
 */
export type Fault =
  | 'pass'
  | 'reset'
  | 'pass and reset'
  | 'hang'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FaultyGateway {
  readonly origin: string;
  readonly attempts: readonly Attempt[];
  /** The faults of the next attempts, in order; later ones pass. Forgets the recorded attempts. */
  inject(...faults: Fault[]): void;
  stop(): Promise<void>;
}

/** A real server between a client and the gateway, which injects faults. */
export async function startFaultyGateway(gateway: string): Promise<FaultyGateway> {
  let faults: Fault[] = [];
  const attempts: Attempt[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks = await request.toArray();
      const body = Buffer.concat(chunks as Buffer[]).toString();
      attempts.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      await respond(faults.shift() ?? 'pass', gateway, request, body, response);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    attempts,
    inject: (...next) => {
      faults = next;
      attempts.length = 0;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function respond(
  fault: Fault,
  gateway: string,
  { method, url, headers }: IncomingMessage,
  body: string,
  response: ServerResponse,
): Promise<void> {
  if (typeof fault === 'object') {
    response.writeHead(fault.status, fault.headers ?? {}).end(fault.body);
    return;
  }
  if (fault === 'hang') return;
  if (fault === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { host: _host, ...passed } = headers;
  const sent = forward(`${gateway}${url}`, { method, headers: passed });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const text = Buffer.concat((await answer.toArray()) as Buffer[]);
  if (fault === 'pass and reset') response.socket?.resetAndDestroy();
  else response.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
}

/** The gateway's response while a service is unavailable. */
export const unavailable: Fault = {
  status: 503,
  headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '0', 'X-Request-ID': 'of-the-gateway' },
  body: JSON.stringify({
    type: 'urn:missions:problem:unavailable',
    title: 'Not available just now',
    status: 503,
    detail: 'later',
    code: 'UNAVAILABLE',
  }),
};
