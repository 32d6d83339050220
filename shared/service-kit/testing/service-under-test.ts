import type { EventEnvelope } from '@missions/contracts/event.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller, Idempotency, RunClaim } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Database } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import type { RelayFaults } from '@missions/persistence/outbox/drain.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import type { Env } from '@missions/runtime/config.ts';
import { Health } from '@missions/runtime/health.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import { servers } from '@missions/test-support/stack.ts';
import type { ServiceConfig } from '../config.ts';
import { openServiceDatabase, type ServiceContext, type ServiceDescription, startService } from '../service.ts';

export interface NotificationSent {
  readonly customerId: string;
  readonly userId: string;
  readonly payload: Record<string, any>;
}

/** A service's own handlers and store on a fresh database of a real PostgreSQL. Only the bus is left out. */
export interface ServiceUnderTest<Context> {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly context: Context;
  /** The live notifications that were sent so far. */
  readonly notifications: NotificationSent[];
  /** Executes a request as the service would. @throws Problem */
  request<T = Record<string, any>>(verb: string, input: unknown, options?: RequestAs): Promise<T>;
  /** Handles events as the service's consumers would: one batch for each handler, in the order given. */
  handle(...events: EventEnvelope[]): Promise<void>;
  stop(): Promise<void>;
}

export interface RequestAs {
  caller?: Partial<Caller>;
  idempotencyKey?: string | undefined;
  /** As a gateway sends it, in place of one made of `idempotencyKey`. */
  idempotency?: Idempotency;
  run?: RunClaim | undefined;
}

export interface ServiceUnderTestOptions {
  clock?: Clock;
  env?: Env;
  /** Who calls, unless a request says otherwise. */
  caller?: Partial<Caller>;
  /** Of a service under test, whose further copy this one becomes. */
  databaseUrl?: string | undefined;
}

export async function startServiceUnderTest<C extends ServiceConfig, Context, Faults extends RelayFaults>(
  description: ServiceDescription<C, Context, Faults>,
  { clock = systemClock, env = {}, caller: usual = {}, databaseUrl: shared }: ServiceUnderTestOptions = {},
): Promise<ServiceUnderTest<Context>> {
  const role = description.name.replaceAll('-', '_');
  const databaseUrl = shared ?? (await (await servers()).freshDatabase({ services: [role] })).urlFor(role);
  const logger = createLogger({ service: 'spec', level: 'silent' });
  const config = description.config({
    DATABASE_URL: databaseUrl,
    NATS_URL: 'nats://127.0.0.1:1',
    ...callerKeyEnv(description.name),
    DATABASE_POOL: '20',
    LOG_LEVEL: 'silent',
    ...env,
  });
  const db = await openServiceDatabase(description, config, logger);
  await migrate(db);
  const notifications: NotificationSent[] = [];
  const stops: (() => Promise<void> | void)[] = [];
  const base: ServiceContext<C> = {
    config,
    db,
    bus: noBus(),
    clock,
    newId,
    logger,
    health: new Health(),
    admit: () => {},
    notify: (customerId, userId, payload) => void notifications.push({ customerId, userId, payload }),
    onStop: (_label, stop) => void stops.push(stop),
  };
  const context = await description.context(base, {} as Faults);
  const endpoints = new Map(description.endpoints(context).map((endpoint) => [endpoint.contract.verb, endpoint]));
  const subscriptions = description.subscriptions(context);

  return {
    db,
    databaseUrl,
    context,
    notifications,
    async request(verb, input, { caller = {}, idempotencyKey, idempotency: sent, run } = {}) {
      const endpoint = endpoints.get(verb);
      if (!endpoint) throw new Error(`the ${description.name} service has no endpoint ${verb}`);
      const keyed = (key: string): Idempotency => ({ scope: verb, key, hash: JSON.stringify(input) });
      const idempotency = sent ?? (idempotencyKey === undefined ? undefined : keyed(idempotencyKey));
      const message = { caller: { ...ada, ...usual, ...caller }, input, idempotency, run };
      const { body } = await endpoint.run(JSON.stringify(message));
      return JSON.parse(typeof body === 'string' ? body : JSON.stringify(body));
    },
    async handle(...events) {
      // An event that the service does not subscribe to goes to its first handler, which must ignore it.
      const handlerOf = ({ type }: EventEnvelope) =>
        subscriptions.find(({ subjects }) => subjects?.includes(type) ?? true) ?? subscriptions[0];
      const batches = Map.groupBy(events, (event) => handlerOf(event)?.handleBatch ?? handlerOf(event)?.handleOne);
      for (const batch of batches.values()) {
        const { handleBatch, handleOne } = handlerOf(batch[0] as EventEnvelope) ?? {};
        if (handleBatch) await handleBatch(batch);
        else for (const event of batch) await handleOne?.(event);
      }
    },
    async stop() {
      for (const stop of stops.toReversed()) await stop();
      await db.close();
    },
  };
}

const ada: Caller = { kind: 'user', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };

function noBus(): Bus {
  return new Proxy({} as Bus, {
    get: (_, method) => {
      throw new Error(`this test runs the service without NATS, and bus.${String(method)} was used`);
    },
  });
}

/** What a call was refused with. @throws Error if it was not refused by a Problem. */
export async function refusal(call: Promise<unknown>): Promise<Problem> {
  const result = await call.catch((error: unknown) => error);
  if (result instanceof Problem) return result;
  throw new Error('the call was not refused by a Problem', { cause: result });
}

export interface RunningService {
  readonly health: Health;
  stop(): Promise<void>;
}

export interface InProcessOptions<Faults> {
  databaseUrl: string;
  natsUrl: string;
  clock?: Clock | undefined;
  faults?: Faults | undefined;
  env?: Env;
}

/** The service as it is deployed, with its connections, in this process. */
export async function startInProcess<C extends ServiceConfig, Context, Faults extends RelayFaults>(
  description: ServiceDescription<C, Context, Faults>,
  { databaseUrl, natsUrl, clock, faults, env = {} }: InProcessOptions<Faults>,
): Promise<RunningService> {
  const stops: (() => Promise<void> | void)[] = [];
  const stopping = new AbortController();
  const health = new Health();
  const config = description.config({
    DATABASE_URL: databaseUrl,
    NATS_URL: natsUrl,
    ...callerKeyEnv(description.name),
    HEALTH_PORT: '0',
    LOG_LEVEL: 'silent',
    ...env,
  });
  const life = {
    logger: createLogger({ service: description.name, level: 'silent' }),
    health,
    stopping: stopping.signal,
    onStop: (_label: string, stop: () => Promise<void> | void) => void stops.push(stop),
  };
  const stop = async (): Promise<void> => {
    stopping.abort();
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    await startService(description, life, config, { ...(clock && { clock }), ...(faults && { faults }) });
  } catch (error) {
    await stop();
    throw error;
  }
  return { health, stop };
}
