import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import type { Logger } from '@missions/runtime/logger.ts';

export interface HttpServer {
  readonly address: AddressInfo;
  /** Requests from now on are those of another application; a process may listen before it can do its work. */
  serve(app: Koa): void;
  /** Stops accepting, lets answers in hand finish, and closes the remaining connections after 4 s. May be called again. */
  close(): Promise<void>;
}

/** Below the 5.5 s that `npm start` gives a service before it kills it. */
const CLOSE_WITHIN_MS = 4_000;
const IDLE_CHECK_MS = 50;

/** Listens on the port; 0 takes any free one. @throws Error if the port is taken. */
export async function startHttpServer(app: Koa, port: number, host: string): Promise<HttpServer> {
  let handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  server.listen(port, host);
  await once(server, 'listening');
  let closing: Promise<void> | undefined;
  return {
    address: server.address() as AddressInfo,
    serve: (next) => void (handle = next.callback()),
    close: () => (closing ??= close(server)),
  };
}

/**
 * An idle keep-alive connection would hold the server open for seconds, so idle connections are closed every 50 ms
 * until the last answer is out. The alternative is a listener on every answer that is ever given.
 */
function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    const bound = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
    server.close((error) => {
      clearInterval(idle);
      clearTimeout(bound);
      if (error) reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}

/** Logs what fails while an answer is sent. A client that goes away in the middle of an answer is not a fault. */
export function logResponseErrors(app: Koa, logger: Logger): void {
  const clientGone = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ECONNRESET']);
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (!clientGone.has(error.code ?? '')) logger.error({ err: error }, 'a response could not be sent');
  });
}
