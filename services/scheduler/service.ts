import { timerCancelledSubject, timerSetSubject } from '@missions/contracts/scheduler/timers.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { openDatabase } from '@missions/persistence/database.ts';
import { startHousekeeping } from '@missions/persistence/housekeeping.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { type Relay, type RelayOptions, startRelay } from '@missions/persistence/outbox/relay.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import { serveHealth } from '@missions/runtime/health-server.ts';
import type { Life } from '@missions/runtime/lifecycle.ts';
import { registry } from '@missions/runtime/metrics.ts';
import type { schedulerConfig } from './config.ts';
import { startFiringTimers } from './timers/jobs/fire-timers.ts';
import { startRuns } from './runs/start.ts';
import { timerChanges } from './timers/subscriptions/timer-changes.ts';
import { startTimerPurge } from './timers/jobs/purge.ts';
import { startPushing } from './runs/push/push.ts';
import { schedulerEntities } from './store/entities.ts';
import { schedulerMigrations } from './store/migrations.ts';

export interface SchedulerOptions {
  /** Decides what is due when it is a virtual one; otherwise the database's clock does. */
  clock?: Clock;
  faults?: RelayOptions['faults'];
}

/**
 * The service's wiring. Apart from `main.ts`, which nobody may import, so that a test can start the very same service with a clock of its own,
 * several of them in one process: what a process has once is started there.
 */
export async function startScheduler(
  { logger, health, stopping, onStop }: Life,
  config: ReturnType<typeof schedulerConfig>,
  { clock = systemClock, faults }: SchedulerOptions = {},
): Promise<void> {
  logger.level = config.logLevel;
  const probes = await serveHealth({ port: config.healthPort, host: config.healthHost, health, metrics: registry });
  onStop('health', () => probes.close());

  const db = await openDatabase({
    url: config.databaseUrl,
    schema: 'scheduler',
    entities: schedulerEntities,
    migrations: schedulerMigrations,
    poolSize: config.poolSize,
    logger,
  });
  onStop('database', () => db.close());
  await migrate(db);
  health.add('database', () => db.check());

  const bus = await connectBus({ servers: config.natsUrl, name: 'scheduler', logger, signal: stopping });
  onStop('bus', () => bus.drain());
  await bus.ensureStreams(['SCHEDULER']);
  health.add('nats', () => bus.check());

  const relay = startRelay({
    db,
    publish: (event, body) => bus.publish(event, body),
    logger,
    ...(faults && { faults }),
  });
  onStop('relay', () => relay.stop());
  health.add('outbox', () => relay.check());
  const housekeeping = startHousekeeping(db, { logger });
  onStop('housekeeping', () => housekeeping.stop());
  const upkeep = startTimerPurge({ db, clock, logger });
  onStop('upkeep', () => upkeep.stop());

  const firing = startFiringTimers({ db, clock, logger, isFull: () => isFull(relay) });
  onStop('firing', () => firing.stop());
  health.add('timers', () => firing.check());

  const handle = timerChanges({ db, clock, logger, stored: firing.stored });
  const consumption = await bus.consume({
    stream: 'SCHEDULER',
    service: 'scheduler',
    subjects: [timerSetSubject, timerCancelledSubject],
    handleBatch: handle,
    handleOne: (event) => handle([event]),
    classify: databaseProblem,
  });
  onStop('consumption', () => consumption.stop());

  const { push } = config;
  await startRuns({
    db,
    clock,
    logger,
    bus,
    health,
    onStop,
    isFull: () => isFull(relay),
    admit: () => relay.admit(),
    stored: firing.stored,
    perCustomer: config.runsPerCustomer,
    startPushing: push && ((context) => startPushing(context, push)),
  });
}

function isFull(relay: Relay): boolean {
  try {
    relay.admit();
    return false;
  } catch {
    return true;
  }
}
