import { setTimeout as delay } from 'node:timers/promises';
import { connect, ErrorCode, NatsError, type ConnectionOptions, type NatsConnection } from 'nats';
import type { Logger } from '@missions/runtime/logger.ts';
import { Bus } from './bus.ts';
import { Connection } from './connection.ts';

export interface ConnectOptions {
  /** `nats://user:password@host:port`; several, comma-separated or as a list, are one cluster and share the first one's credentials. */
  servers: string | string[];
  /** The service's name: shown in the server's monitoring, and the inbox prefix where there is no user. */
  name: string;
  /** Take precedence over those in the URL. */
  user?: string;
  pass?: string;
  logger: Logger;
  /** Gives up waiting for the first connection. */
  signal?: AbortSignal;
}

const settings = {
  // The default gives up after 10 attempts, and the process would stay deaf.
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
  // A dead link is noticed after three intervals, 12 s; the default takes six minutes. Two pings may be outstanding, so that
  // one stall of a busy process does not cut the line.
  pingInterval: 4_000,
  maxPingOut: 2,
  timeout: 5_000,
  noAsyncTraces: true,
  // Credentials that are refused for a moment (a server that restarts with another configuration) must not close the connection for ever.
  ignoreAuthErrorAbort: true,
} satisfies ConnectionOptions;

/**
 * Waits for the server as long as it takes (the library's own `waitOnFirstConnect` does so silently), but not when the
 * credentials are refused.
 * @throws Error when they are, or when `signal` is aborted.
 */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  return new Bus(await openConnection(options), options.name);
}

/** For those who are no service. As `connectBus`. */
export async function openConnection(options: ConnectOptions): Promise<Connection> {
  const { logger, signal } = options;
  const { hosts, user, pass } = address(options);
  const inboxPrefix = `_INBOX_${(user ?? options.name).replaceAll(/[^\w-]/g, '-')}`;
  const credentials = user === undefined ? {} : { user, pass: pass ?? '' };
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      const nc = await unlessAborted(
        connect({ ...settings, ...credentials, servers: hosts, name: options.name, inboxPrefix }),
        signal,
      );
      logger.info({ server: nc.getServer() }, 'connected to NATS');
      return new Connection(nc, logger, inboxPrefix);
    } catch (error) {
      if (error instanceof NatsError && error.code === ErrorCode.AuthorizationViolation) {
        throw new Error(
          `NATS refuses the credentials of ${user === undefined ? 'a client without a user' : `user ${user}`}`,
          { cause: error },
        );
      }
      if (attempt % 10 === 0) logger.warn({ err: error, servers: hosts }, 'waiting for NATS');
      signal?.throwIfAborted();
      await delay(
        settings.reconnectTimeWait + Math.random() * settings.reconnectJitter,
        undefined,
        signal ? { signal } : {},
      );
    }
  }
}

/** A server that accepts and says nothing would hold the library for its whole timeout. */
async function unlessAborted(
  connecting: Promise<NatsConnection>,
  signal: AbortSignal | undefined,
): Promise<NatsConnection> {
  if (!signal) return await connecting;
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    connecting.then((nc) => nc.close()).catch(() => {});
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([connecting, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The client library ignores credentials in a URL, so they are taken out of it here. */
function address(options: ConnectOptions): { hosts: string[]; user: string | undefined; pass: string | undefined } {
  const list = typeof options.servers === 'string' ? options.servers.split(',') : options.servers;
  const urls = list.map((server) => new URL(server.includes('://') ? server.trim() : `nats://${server.trim()}`));
  const named = urls.find((url) => url.username !== '');
  return {
    hosts: urls.map((url) => `${url.protocol}//${url.host}`),
    user: options.user ?? (named && decodeURIComponent(named.username)),
    pass: options.pass ?? (named && decodeURIComponent(named.password)),
  };
}
