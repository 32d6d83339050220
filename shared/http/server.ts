import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type Koa from 'koa';
import type { Logger } from '@missions/runtime/logger.ts';

export interface HttpServer {
  readonly address: AddressInfo;
  /** Requests from now on are those of another application; a process may listen before it can do its work. */
  serve(app: Koa): void;
  /**
   * Tells whoever calls in the next moment that the connection ends, then stops accepting, lets answers in hand finish, and closes
   * the remaining connections after 4 s. May be called again.
   */
  close(): Promise<void>;
}

/** Below the 5.5 s that `npm start` gives a service before it kills it. */
const CLOSE_WITHIN_MS = 4_000;
const IDLE_CHECK_MS = 50;
/**
 * A caller that sends on a connection in the moment in which it is closed gets no response. Whoever uses a connection
 * within this time is told that it ends (RFC 9112 section 9.6).
 */
const TELL_MS = 300;

/** Listens on the port; 0 takes any free one. @throws Error if the port is taken. */
export async function startHttpServer(app: Koa, port: number, host: string): Promise<HttpServer> {
  let closing: Promise<void> | undefined;
  const handlerOf = (one: Koa) => {
    // Around everything else, so that answers in hand say it too.
    one.middleware.unshift(async (ctx, next) => {
      await next();
      if (closing && !ctx.headerSent) ctx.set('Connection', 'close');
    });
    return one.callback();
  };
  let handle = handlerOf(app);
  const server = createServer((request, response) => void handle(request, response));
  server.listen(port, host);
  await once(server, 'listening');
  return {
    address: server.address() as AddressInfo,
    serve: (next) => void (handle = handlerOf(next)),
    close: () => (closing ??= close(server)),
  };
}

/**
 * An idle keep-alive connection would hold the server open for seconds, so idle connections are closed every 50 ms
 * until the last answer is out. The alternative is a listener on every answer that is ever given.
 */
async function close(server: Server): Promise<void> {
  if (await isConnected(server)) await delay(TELL_MS);
  return await new Promise((resolve, reject) => {
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

const isConnected = async (server: Server): Promise<boolean> =>
  (await promisify(server.getConnections.bind(server))()) > 0;

/** Logs what fails while an answer is sent. A client that goes away in the middle of an answer is not a fault. */
export function logResponseErrors(app: Koa, logger: Logger): void {
  const clientGone = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ECONNRESET']);
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (!clientGone.has(error.code ?? '')) logger.error({ err: error }, 'a response could not be sent');
  });
}
