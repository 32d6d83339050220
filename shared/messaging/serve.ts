import { performance } from 'node:perf_hooks';
import type { ServiceMsg } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import type { ServiceName } from '@missions/contracts/subjects.ts';
import { counter, histogram } from '@missions/runtime/metrics.ts';
import { inSpan } from '@missions/runtime/span.ts';
import type { EndpointResult, Endpoint } from './endpoint.ts';
import { messageOf } from './errors.ts';
import { headersOf, names } from './headers.ts';
import { BoundedExecutor } from './bounded-executor.ts';
import type { Connection } from './connection.ts';

export interface ServeOptions {
  /** Requests carried out at once; the rest wait. Default 64. */
  concurrency?: number;
  /** Requests that may wait; more are refused with UNAVAILABLE. Default 1024. */
  queue?: number;
  /** Says what an error that is no Problem means to the caller, e.g. UNAVAILABLE for a lost database. Otherwise it is INTERNAL. */
  classify?: (error: unknown) => Problem | undefined;
  /** Semantic version, shown by `$SRV.INFO`. */
  version?: string;
}

export interface Served {
  /** No new requests; resolves when those taken have been answered. */
  stop(): Promise<void>;
  /** @throws Error when requests are no longer received. */
  check(): void;
}

const durations = histogram('missions_request_seconds', 'Time to carry out a request, by outcome (ok or error code)', [
  'service',
  'verb',
  'outcome',
]);
const dropped = counter(
  'missions_requests_dropped_total',
  'Requests not begun: their caller had given up, or too many were waiting',
  ['service', 'reason'],
);

/**
 * Serves a service's endpoints on the NATS micro protocol (`$SRV.PING|INFO|STATS`), in a queue group, so that copies share the work.
 * The client library answers a synchronous throw only: an async one would be an unhandled rejection, and the caller would wait for
 * its timeout. So every handler is wrapped here, and nothing but a Problem's own words leaves the process.
 */
export async function serve(
  link: Connection,
  service: ServiceName,
  endpoints: readonly Endpoint[],
  options: ServeOptions = {},
): Promise<Served> {
  const { concurrency = 64, queue = 1024, version = '0.1.0' } = options;
  const lanes = new BoundedExecutor(concurrency, queue);
  const micro = await link.nc.services.add({
    name: service,
    version,
    queue: service,
    statsHandler: () => Promise.resolve({ running: lanes.running, waiting: lanes.waiting }),
  });

  for (const endpoint of endpoints) {
    const { verb, subject } = endpoint.contract;
    micro.addEndpoint(verb.replaceAll(/[^\w-]/g, '-'), {
      subject,
      handler: (error, message) => {
        if (error) return;
        const expires = performance.now() + (Number(message.headers?.get(names.timeout)) || Number.POSITIVE_INFINITY);
        const taken = lanes.offer(async () => {
          if (performance.now() < expires) return await carryOut(link, service, endpoint, message, options);
          dropped.inc({ service, reason: 'expired' });
          link.logger.warn({ subject }, 'request not begun: its caller has given up');
        });
        if (taken) return;
        dropped.inc({ service, reason: 'overload' });
        refuse(message, new Problem('UNAVAILABLE', `The ${service} service has too much to do.`));
      },
    });
  }

  let stopped: string | undefined;
  void micro.stopped.then((error) => {
    if (stopped) return;
    stopped = error?.message ?? 'the connection is closed';
    link.logger.error({ err: error, service }, 'requests are no longer received');
  });
  // Resolving before the server knows the subscriptions would have the first callers told that nobody answers.
  await link.whileConnected(() => link.nc.flush()).catch(() => {});
  return {
    async stop() {
      stopped ??= 'stopping';
      await micro.stop();
      await lanes.idle();
    },
    check() {
      if (stopped) throw new Error(`requests are not received: ${stopped}`);
    },
  };
}

async function carryOut(
  link: Connection,
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
    attributes: { 'messaging.destination.name': subject },
  } as const;
  const began = performance.now();
  let outcome = 'ok';
  try {
    await inSpan(`serve ${subject}`, span, async () => {
      try {
        respond(message, await run(message.string()));
      } catch (error) {
        const problem = problemOf(error, options.classify);
        outcome = problem.code;
        // Within the span, so that the line carries the request's ids.
        if (problem !== error) link.logger.error({ err: error, subject, code: problem.code }, 'request failed');
        refuse(message, problem);
      }
    });
  } catch (error) {
    link.logger.error({ err: error, subject }, 'a request could not be answered');
  }
  durations.observe({ service, verb, outcome }, (performance.now() - began) / 1000);
}

function problemOf(error: unknown, classify: ServeOptions['classify']): Problem {
  if (error instanceof Problem) return error;
  return classify?.(error) ?? new Problem('INTERNAL', 'An unexpected error occurred.');
}

function respond(message: ServiceMsg, { body, version, replayed }: EndpointResult): void {
  const headers = headersOf({ [names.version]: version?.toString(), [names.replayed]: replayed ? 'true' : undefined });
  try {
    message.respond(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), { headers });
  } catch (error) {
    // The change, if any, is committed; only its answer is larger than the server carries.
    throw new Error(`the answer cannot be sent: ${messageOf(error)}`, { cause: error });
  }
}

/** The number is the micro protocol's, for its tools; ours is the code, and only the gateway makes an HTTP status of it. */
function refuse(message: ServiceMsg, problem: Problem): void {
  const fault = ['INTERNAL', 'UNAVAILABLE', 'TIMEOUT'].includes(problem.code);
  message.respondError(fault ? 500 : 400, problem.code, Buffer.from(JSON.stringify(problem)));
}
