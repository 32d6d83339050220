import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { ServiceMsg } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import type { ServiceName } from '@missions/contracts/subjects.ts';
import { counter, histogram } from '@missions/runtime/metrics.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { BoundedExecutor } from './bounded-executor.ts';
import { verifyCaller } from './caller-proof.ts';
import type { Connection } from './connection.ts';
import type { Endpoint, EndpointResult } from './endpoint.ts';
import { headersOf, names } from './headers.ts';
import { aboutSubject } from './span-attributes.ts';

export interface ServeOptions {
  /** Requests handled at once; the others wait. Default 64. */
  concurrency?: number;
  /** Requests that may wait; further ones are refused with UNAVAILABLE. Default 1024. */
  queue?: number;
  /**
   * Maps a handler's error that is not a Problem to one, e.g. UNAVAILABLE for a lost database. Undefined means
   * INTERNAL.
   */
  classify?: (error: unknown) => Problem | undefined;
  /** Semantic version, shown by `$SRV.INFO`. */
  version?: string;
}

export interface RequestServer {
  /** Receives no further requests; resolves when those received have been answered. */
  stop(): Promise<void>;
  /** @throws Error if requests are no longer received. */
  check(): void;
}

const durations = histogram('missions_request_seconds', 'Time to handle a request, by outcome (ok or error code)', [
  'service',
  'verb',
  'outcome',
]);
const dropped = counter(
  'missions_requests_dropped_total',
  'Requests not handled: their caller had (or may have) given up or was not proven, or too many were waiting',
  ['service', 'reason'],
);

/**
 * Serves a service's endpoints on the NATS micro protocol (`$SRV.PING|INFO|STATS`), in a queue group, so that the
 * processes of a service share the work. The client library answers a synchronous throw only: an asynchronous one would
 * be an unhandled rejection, and the caller would wait for its timeout. So every handler is wrapped here, and only the
 * texts of a Problem leave the process.
 */
export async function serve(
  connection: Connection,
  service: ServiceName,
  endpoints: readonly Endpoint[],
  options: ServeOptions = {},
): Promise<RequestServer> {
  const { concurrency = 64, queue = 1024, version = '0.1.0' } = options;
  const executor = new BoundedExecutor(concurrency, queue);
  const micro = await connection.nc.services.add({
    name: service,
    version,
    queue: service,
    statsHandler: () => Promise.resolve({ running: executor.running, waiting: executor.waiting }),
  });

  for (const endpoint of endpoints) {
    const { verb, subject } = endpoint.contract;
    micro.addEndpoint(verb.replaceAll(/[^\w-]/g, '-'), {
      subject,
      // A queue group of one member receives everything.
      ...(endpoint.everyReplica && { queue: `${service}-${randomUUID()}` }),
      handler: (error, message) => {
        if (error) return;
        // The server answers a pull on any subject that it names, so that a stored message can come here. It keeps the
        // subject that it was stored with, and who has stored it was not allowed to send requests.
        if (message.subject !== subject) {
          dropped.inc({ service, reason: 'no request' });
          connection.logger.error({ subject, stored: message.subject }, 'a stored message was sent as a request');
          return;
        }
        if (!isProven(connection, service, message)) return;
        const patience = Number(message.headers?.get(names.timeout)) || Number.POSITIVE_INFINITY;
        const age = connection.messageAge.atMost();
        if (age >= patience) {
          dropped.inc({ service, reason: 'late' });
          connection.logger.warn({ subject, age_ms: Math.round(age) }, 'a request was refused: it may be an old one');
          refuse(
            connection,
            message,
            new Problem('UNAVAILABLE', `The ${service} service stood still. Nothing was done; try again.`),
          );
          return;
        }
        const expires = performance.now() + patience - age;
        const accepted = executor.offer(async () => {
          if (performance.now() < expires) return await handleRequest(connection, service, endpoint, message, options);
          dropped.inc({ service, reason: 'expired' });
          connection.logger.warn({ subject }, 'a request was not handled: its caller has given up');
        });
        if (accepted) return;
        dropped.inc({ service, reason: 'overload' });
        refuse(
          connection,
          message,
          new Problem('UNAVAILABLE', `The ${service} service is overloaded: too many requests are waiting. Try again.`),
        );
      },
    });
  }

  let stopped: string | undefined;
  void micro.stopped.then((error) => {
    if (stopped) return;
    stopped = error?.message ?? 'the connection is closed';
    connection.logger.error({ err: error, service }, 'requests are no longer received');
  });
  // If this resolved before the server knew the subscriptions, the first callers would get UNAVAILABLE.
  await connection.flush().catch(() => {});
  return {
    async stop() {
      stopped ??= 'stopping';
      await micro.stop();
      await executor.idle();
    },
    check() {
      if (stopped) throw new Error(`requests are not received: ${stopped}`);
    },
  };
}

/**
 * Refuses a request that does not prove who calls, before anything of it is parsed. Told to the sender too: it may be
 * the gateway, whose key is not this service's.
 */
function isProven(connection: Connection, service: ServiceName, message: ServiceMsg): boolean {
  try {
    verifyCaller(connection.callerKeys, message.subject, message.data, message.headers?.get(names.callerProof));
    return true;
  } catch (error) {
    dropped.inc({ service, reason: 'unproven caller' });
    connection.logger.error({ err: error, subject: message.subject }, 'a request does not prove who calls');
    refuse(connection, message, problemOf(error, undefined));
    return false;
  }
}

async function handleRequest(
  connection: Connection,
  service: ServiceName,
  { contract, run }: Endpoint,
  message: ServiceMsg,
  options: ServeOptions,
): Promise<void> {
  const { verb, subject } = contract;
  const span = {
    kind: 'server',
    parent: message.headers?.get(names.traceparent),
    requestId: message.headers?.get(names.requestId) || undefined,
    attributes: () => aboutSubject(subject),
  } as const;
  const startedAt = performance.now();
  let outcome = 'ok';
  await inSpan(`serve ${subject}`, span, async () => {
    try {
      respond(connection, message, await run(message.string()));
    } catch (error) {
      const problem = problemOf(error, options.classify);
      outcome = problem.code;
      // Within the span, so that the log line carries the request's ids.
      // A refusal that comes from the database is one nevertheless.
      if (problem !== error && problem.code !== 'USER_ERASED' && problem.code !== 'QUOTA_EXCEEDED')
        connection.logger.error({ err: error, subject, code: problem.code }, 'request failed');
      refuse(connection, message, problem);
    }
  });
  durations.observe({ service, verb, outcome }, (performance.now() - startedAt) / 1000);
}

function problemOf(error: unknown, classify: ServeOptions['classify']): Problem {
  if (error instanceof Problem) return error;
  return classify?.(error) ?? new Problem('INTERNAL', 'An unexpected error occurred.');
}

function respond(connection: Connection, message: ServiceMsg, { body, version, replayed }: EndpointResult): void {
  const headers = headersOf({ [names.version]: version?.toString(), [names.replayed]: replayed ? 'true' : undefined });
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  connection.outgoing.add(() => {
    try {
      message.respond(bytes, { headers });
    } catch (error) {
      // The handler's change is committed; only its reply is larger than the server carries.
      connection.logger.error({ err: error, subject: message.subject }, 'the reply cannot be sent');
      refuse(connection, message, problemOf(error, undefined));
    }
  });
}

/**
 * The number is for tools of the micro protocol. The product uses the code, which only the gateway maps to an HTTP
 * status.
 */
function refuse({ outgoing }: Connection, message: ServiceMsg, problem: Problem): void {
  const isFault = ['INTERNAL', 'UNAVAILABLE', 'TIMEOUT'].includes(problem.code);
  const body = Buffer.from(JSON.stringify(problem));
  outgoing.add(() => void message.respondError(isFault ? 500 : 400, problem.code, body));
}
