import type { EventEnvelope } from '@missions/contracts/event.ts';
import { inspectOutbox } from '@missions/contracts/operate.ts';
import { pingOf } from '@missions/contracts/ping.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { ServiceName } from '@missions/contracts/subjects.ts';
import { VERSION } from '@missions/contracts/version.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import type { ConsumeOptions } from '@missions/messaging/consumer/options.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { requireAuditRecord } from '@missions/persistence/audit/record.ts';
import {
  type Database,
  type DatabaseOptions,
  openDatabase,
  whileDatabaseAway,
} from '@missions/persistence/database.ts';
import { startDatabaseClock } from '@missions/persistence/database-clock.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { startHousekeeping } from '@missions/persistence/housekeeping.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import type { RelayFaults } from '@missions/persistence/outbox/drain.ts';
import type { PublishedStreams } from '@missions/persistence/outbox/healing.ts';
import { inspectOutbox as readOutbox } from '@missions/persistence/outbox/inspection.ts';
import { type Relay, startRelay } from '@missions/persistence/outbox/relay.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Env } from '@missions/runtime/config.ts';
import type { Health } from '@missions/runtime/health.ts';
import { serveHealth } from '@missions/runtime/health-server.ts';
import { makeIdsBy, newId } from '@missions/runtime/id.ts';
import { type ServiceLifecycle, runService } from '@missions/runtime/lifecycle.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { collectProcessMetrics, registry } from '@missions/runtime/metrics.ts';
import { startPeriodicJob } from '@missions/runtime/periodic-job.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import { callerKeysOf } from './caller-keys.ts';
import { natsAddress, type ServiceConfig } from './config.ts';
import { requireOperator } from './operator.ts';

/**
 * A service is a description, and `run(description)` is its `main.ts`. The start is straight-line code, in the order in
 * which its parts depend on each other, and the stop undoes it in reverse:
 *
 *     health server → database, migrations → NATS, streams → outbox relay → housekeeping
 *       → the service's own context → requests → subscriptions → jobs
 *
 * There is no container and no registry: handlers are plain functions of a context value.
 */
export interface ServiceDescription<C extends ServiceConfig, Context, Faults extends RelayFaults = RelayFaults> {
  readonly name: ServiceName;
  /** Reads and checks the environment; see `serviceConfig`. */
  readonly config: (env?: Env) => C;
  readonly database: Pick<DatabaseOptions, 'entities' | 'migrations'>;
  /** The seal that an event is published with, see `sealOf`; undefined for an event that needs none. */
  readonly seal?: (config: C, event: EventEnvelope, body: string) => string | undefined;
  /** The streams that the service publishes into, without which it does not start. */
  readonly streams: readonly StreamName[];
  /**
   * Makes the context of the service's handlers, and starts loops that handlers wake. Register each loop's end with
   * `onStop`.
   */
  readonly context: (base: ServiceContext<C>, faults: Faults) => Context | Promise<Context>;
  readonly endpoints: (context: Context) => readonly Endpoint[];
  readonly subscriptions: (context: Context) => readonly Subscription[];
  /**
   * Started last and stopped first: what brings work in from outside NATS, and periodic work. If a later job must not be
   * started when an earlier one fails, write a generator: each job is started, and awaited, before the next is asked for.
   */
  readonly jobs?: (context: Context) => Iterable<Job | Promise<Job>>;
  /** Sets the gauges of what waits in this service's tables. Called every 15 s; what it throws is logged. */
  readonly measure?: (context: Context) => Promise<void>;
}

/** What the kit gives to every service. */
export interface ServiceContext<C extends ServiceConfig = ServiceConfig> {
  readonly config: C;
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly health: Health;
  /** Throws `UNAVAILABLE` while so many events wait in the outbox that no further write may be accepted. */
  readonly admit: () => void;
  /** Sends a live notification to a user's open streams: lossy, core NATS, to be called after the commit. */
  readonly notify: (customerId: string, userId: string, payload: object) => void;
  /** Registers the end of something that the service started. Ends run once, last registered first. */
  readonly onStop: ServiceLifecycle['onStop'];
}

/** One durable pull consumer; several subscriptions of one service must name different streams. */
export type Subscription = Omit<ConsumeOptions, 'service' | 'classify' | 'setUp'>;

export interface Job {
  /** Names the job in logs and in `/readyz`. */
  readonly name: string;
  stop(): Promise<void> | void;
  /** For readiness. @throws Error that says what is missing. */
  check?(): Promise<void> | void;
}

export interface StartOptions<Faults extends RelayFaults = RelayFaults> {
  /** A virtual clock overrules the database's clock, so that a test can live days in a second. */
  clock?: Clock;
  /** Crashes at the places where a crash would hurt most; for tests. */
  faults?: Faults;
}

/** As often as Prometheus asks. */
const MEASURE_MS = 15_000;

/** Only fixes the types of a description: the context that `context` makes is the one that the handlers are given. */
export const defineService = <C extends ServiceConfig, Context, Faults extends RelayFaults = RelayFaults>(
  description: ServiceDescription<C, Context, Faults>,
): ServiceDescription<C, Context, Faults> => description;

/** The whole of a `main.ts`: runs the service until SIGTERM or SIGINT. Never rejects; see `runService`. */
export async function run<C extends ServiceConfig, Context, Faults extends RelayFaults>(
  description: ServiceDescription<C, Context, Faults>,
): Promise<void> {
  const { name } = description;
  await runService(name, async (life) => {
    const config = description.config();
    // Telemetry and process metrics exist once in a process, however many services a test starts in it.
    life.onStop('telemetry', await startTelemetry(name));
    collectProcessMetrics(name, VERSION);
    await startService(description, life, config);
  });
}

/**
 * Starts the service; may be called several times in one process. @throws when a part cannot start; `life` undoes the
 * others.
 */
export async function startService<C extends ServiceConfig, Context, Faults extends RelayFaults>(
  description: ServiceDescription<C, Context, Faults>,
  { logger, health, stopping, onStop }: ServiceLifecycle,
  config: C,
  { clock: virtual, faults = {} as Faults }: StartOptions<Faults> = {},
): Promise<void> {
  const { name, streams } = description;
  logger.level = config.logLevel;
  const probes = await serveHealth({ port: config.healthPort, host: config.healthHost, health, metrics: registry });
  onStop('health', () => probes.close());

  health.awaiting('database', 'the database');
  health.awaiting('nats', 'the database, which comes before NATS');
  const away = { waitMs: Number.POSITIVE_INFINITY, signal: stopping };
  const db = await openServiceDatabase(description, config, logger, away);
  onStop('database', () => db.close());
  health.add('database', () => db.check());
  const prepare = async (): Promise<void> => {
    await migrate(db);
    await requireAuditRecord(db);
  };
  await whileDatabaseAway(prepare, { logger, signal: stopping });
  const clock =
    virtual ?? (await whileDatabaseAway(() => databaseClockOf(db, logger, onStop), { logger, signal: stopping }));
  health.awaiting('nats', 'NATS');

  const bus = await connectBus({
    ...natsAddress(config.natsUrl, config),
    name,
    logger,
    callerKeys: callerKeysOf(name, config),
    signal: stopping,
  });
  onStop('bus', () => bus.drain());
  health.add('nats', () => bus.check());
  await bus.awaitStreams(streams);

  const publish = (event: EventEnvelope, body: string, anew?: boolean) =>
    bus.publish(event, body, { seal: description.seal?.(config, event, body), anew });
  const published: PublishedStreams = {
    names: streams,
    losses: () => bus.losses(),
    identity: (stream) => bus.identityOfStream(stream),
    lastSequence: (subject) => bus.lastSequenceOf(subject),
  };
  const relay = startRelayUnlessOff(config, { db, publish, streams: published, logger, faults });
  if (relay) {
    onStop('relay', () => relay.stop());
    onStop(
      'relay of a new connection',
      bus.onStatus((status) => status === 'connected' && relay.wake()),
    );
    health.add('outbox', () => relay.check());
  }
  const housekeeping = startHousekeeping(db, { logger });
  onStop('housekeeping', () => housekeeping.stop());

  const context = await description.context(
    {
      config,
      db,
      bus,
      clock,
      newId,
      logger,
      health,
      admit: () => relay?.admit(),
      notify: bus.notify.bind(bus),
      onStop,
    },
    faults,
  );
  const outbox = endpoint(inspectOutbox(name), async ({ caller }) => {
    requireOperator(caller);
    const { oldestMs, ...found } = await readOutbox(config.directUrl ?? config.databaseUrl, name);
    const host_ahead_ms = Math.round(Date.now() - clock.now().getTime());
    return { body: { ...found, oldest_ms: oldestMs, clock: { virtual: clock.kind === 'virtual', host_ahead_ms } } };
  });
  // The ping comes last: who is answered may send every other request too.
  const ping = endpoint(pingOf(name), async () => ({ body: { service: name } }));
  const requests = await bus.serve(name, [...description.endpoints(context), outbox, ping], {
    classify: databaseProblem,
  });
  onStop('requests', () => requests.stop());
  for (const subscription of description.subscriptions(context)) {
    const consumer = await bus.consume({ ...subscription, service: name, classify: databaseProblem });
    onStop(`events of ${subscription.stream}`, () => consumer.stop());
  }
  const { measure } = description;
  if (measure) {
    const run = () => measure(context);
    const measuring = startPeriodicJob({ name: 'gauges', logger, everyMs: MEASURE_MS, runAtStart: true, run });
    onStop('gauges', () => measuring.stop());
  }
  for (const starting of description.jobs?.(context) ?? []) {
    const job = await starting;
    onStop(job.name, () => job.stop());
    if (job.check) health.add(job.name, () => job.check?.());
  }
}

type ServiceDatabaseConfig = Pick<ServiceConfig, 'databaseUrl' | 'poolSize'> &
  Partial<Pick<ServiceConfig, 'directUrl' | 'pooler' | 'statementTimeoutMs'>>;

/** The service's own schema, whose name is the service's with `_` for `-`. */
export const openServiceDatabase = <C extends ServiceConfig, Context, Faults extends RelayFaults>(
  { name, database }: ServiceDescription<C, Context, Faults>,
  { databaseUrl, directUrl, pooler, poolSize, statementTimeoutMs }: ServiceDatabaseConfig,
  logger: Logger,
  away: Pick<DatabaseOptions, 'waitMs' | 'signal'> = {},
): Promise<Database> =>
  openDatabase({
    url: databaseUrl,
    directUrl,
    pooled: pooler === 'transaction',
    schema: name.replaceAll('-', '_'),
    ...database,
    poolSize,
    ...(statementTimeoutMs !== undefined && { statementTimeoutMs }),
    logger,
    ...away,
  });

async function databaseClockOf(db: Database, logger: Logger, onStop: ServiceLifecycle['onStop']): Promise<Clock> {
  const clock = await startDatabaseClock(db, { logger });
  onStop('clock', () => clock.stop());
  makeIdsBy(clock);
  return clock;
}

/**
 * `RELAY=off`, of a service that has that setting, leaves events in the outbox: only to measure what the relay costs.
 */
function startRelayUnlessOff(config: ServiceConfig, options: Parameters<typeof startRelay>[0]): Relay | undefined {
  return 'relay' in config && config.relay === 'off' ? undefined : startRelay(options);
}
