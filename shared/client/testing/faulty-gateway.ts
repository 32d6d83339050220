import { once } from 'node:events';
import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one attempt: it is passed on, or answered here, or its connection is reset, before or after the gateway has carried it out. */
export type Fate =
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
  /** The fates of the attempts to come, in order; then they pass. Forgets the attempts before. */
  meet(...fates: Fate[]): void;
  stop(): Promise<void>;
}

/** A real server between a client and the gateway, on which attempts fail as told. */
export async function startFaultyGateway(gateway: string): Promise<FaultyGateway> {
  let fates: Fate[] = [];
  const attempts: Attempt[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks = await request.toArray();
      const body = Buffer.concat(chunks as Buffer[]).toString();
      attempts.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      await meets(fates.shift() ?? 'pass', gateway, request, body, response);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    attempts,
    meet: (...coming) => {
      fates = coming;
      attempts.length = 0;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function meets(
  fate: Fate,
  gateway: string,
  { method, url, headers }: IncomingMessage,
  body: string,
  response: ServerResponse,
): Promise<void> {
  if (typeof fate === 'object') {
    response.writeHead(fate.status, fate.headers ?? {}).end(fate.body);
    return;
  }
  if (fate === 'hang') return;
  if (fate === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { host: _host, ...passed } = headers;
  const sent = forward(`${gateway}${url}`, { method, headers: passed });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const text = Buffer.concat((await answer.toArray()) as Buffer[]);
  if (fate === 'pass and reset') response.socket?.resetAndDestroy();
  else response.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
}

/** As the gateway refuses what it cannot do now. */
export const unavailable: Fate = {
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
