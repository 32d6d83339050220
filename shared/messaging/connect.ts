import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { credsAuthenticator, ErrorCode, NatsError, type ConnectionOptions, type NatsConnection } from 'nats';
import { noteCertificate } from '@missions/runtime/certificates.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { Bus } from './bus.ts';
import type { CallerKeys } from './caller-proof.ts';
import { Connection } from './connection.ts';
import { connect } from './transport.ts';

/** Paths of files, read at each connection, so that a renewed certificate is used from then on. */
export interface NatsFiles {
  /** PEM: only certificates of this authority are believed. */
  readonly ca?: string | undefined;
  /** PEM of the client's own certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** JWT and seed as `nsc` writes them, in place of a user and password. */
  readonly creds?: string | undefined;
}

/** Where NATS is: its URLs, and the files that are needed there. */
export type NatsAddress = string | Pick<ConnectOptions, 'servers' | 'files'>;

export const addressed = (address: NatsAddress): Pick<ConnectOptions, 'servers' | 'files'> =>
  typeof address === 'string' ? { servers: address } : address;

export interface ConnectOptions {
  /**
   * `nats://user:password@host:port`. Several URLs, separated by commas or as a list, are one cluster; the first
   * credentials are used for all.
   */
  servers: string | string[];
  files?: NatsFiles | undefined;
  /** The service's name: shown in the server's monitoring, and the inbox prefix where there is no user. */
  name: string;
  /** Take precedence over those in the URL. */
  user?: string;
  pass?: string;
  logger: Logger;
  /** Without them no service believes a request of this process, and this process believes none. */
  callerKeys?: CallerKeys;
  /** Aborts the wait for the first connection. */
  signal?: AbortSignal;
}

const settings = {
  // Never give up: the default is 10 attempts, after which the process would receive nothing any more.
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
  // A dead connection is noticed after three intervals, 12 s; with the default, after six minutes. Two pings may be
  // outstanding, so that one stall of a busy process does not end the connection.
  pingInterval: 4_000,
  maxPingOut: 2,
  timeout: 5_000,
  noAsyncTraces: true,
  // A server that restarts with another configuration may refuse the credentials for a moment, which must not close the
  // connection for ever.
  ignoreAuthErrorAbort: true,
} satisfies ConnectionOptions;

/**
 * Waits for the server without limit, and logs that it waits (the library's own `waitOnFirstConnect` does so silently).
 * @throws Error when the credentials are refused, or when `signal` is aborted.
 */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  return new Bus(await openConnection(options), options.name);
}

/** As `connectBus`, for programs that are not a service. */
export async function openConnection(options: ConnectOptions): Promise<Connection> {
  const { logger, signal } = options;
  const { hosts, user, pass } = address(options);
  const inboxPrefix = `_INBOX_${(user ?? options.name).replaceAll(/[^\w-]/g, '-')}`;
  const credentials = { ...(user !== undefined && { user, pass: pass ?? '' }), ...secured(options.files) };
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      const nc = await unlessAborted(
        connect({ ...settings, ...credentials, servers: hosts, name: options.name, inboxPrefix }),
        signal,
      );
      logger.info({ server: nc.getServer() }, 'connected to NATS');
      return new Connection(nc, logger, inboxPrefix, options.callerKeys);
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

function secured({ ca, cert, key, creds }: NatsFiles = {}): ConnectionOptions {
  if (cert) noteCertificate('nats client', readFileSync(cert, 'utf8'));
  const tls = { ...(ca && { caFile: ca }), ...(cert && { certFile: cert }), ...(key && { keyFile: key }) };
  return {
    // Given at all, it demands TLS of the server.
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(creds && { authenticator: credsAuthenticator(() => readFileSync(creds)) }),
  };
}

/** Without it a server that accepts the connection and sends nothing would hold the library for its whole timeout. */
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

/** The client library ignores credentials in a URL, so they are passed on separately. */
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
