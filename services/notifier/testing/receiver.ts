import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The CloudEvent. */
  readonly event: Record<string, any>;
}

type Answer = (response: ServerResponse, received: Received) => void;

export const answers = {
  ok: (response) => void response.writeHead(204).end(),
  refuses: (response) => void response.writeHead(503).end('not today'),
  hangs: () => {},
  redirects: (response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
  /** 50 MB, as fast as they are taken. */
  floods(response) {
    response.writeHead(500);
    const chunk = Buffer.alloc(1_000_000, 'a');
    let left = 50;
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= 1;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  },
} satisfies Record<string, Answer>;

/** An endpoint of a customer's, which keeps what it gets, and answers by path as a test chooses. */
export class Receiver {
  readonly received: Received[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #server: Server;
  readonly #scheme: string;

  constructor(tls?: { readonly key: string; readonly cert: string }) {
    this.#scheme = tls ? 'https' : 'http';
    const take = (request: IncomingMessage, response: ServerResponse): void => void this.#take(request, response);
    this.#server = tls ? createHttps(tls, take) : createHttp(take);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    const received = { path, headers: request.headers, body, event: JSON.parse(body) as Record<string, any> };
    this.received.push(received);
    (this.#answers.get(path) ?? answers.ok)(response, received);
  }

  answer(path: string, answer: Answer): void {
    this.#answers.set(path, answer);
  }

  url(path: string): string {
    return `${this.#scheme}://localhost:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  at(path: string): Received[] {
    return this.received.filter((one) => one.path === path);
  }

  /** Ends what hangs. */
  dropAll(): void {
    this.#server.closeAllConnections();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Whether the receiver believes the message with this secret. The time is the message's own: a test moves the clock. */
export function isSignedWith(secret: string, { headers, body }: Received): boolean {
  const of = (name: string): string => String(headers[name]);
  const at = new Date(Number(of('webhook-timestamp')) * 1_000);
  return of('webhook-signature')
    .split(' ')
    .includes(new Webhook(secret).sign(of('webhook-id'), at, body));
}
