import { connectBus } from '@missions/messaging/connect.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { openDatabase } from '@missions/persistence/database.ts';
import { startHousekeeping } from '@missions/persistence/housekeeping.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { type RelayOptions, startRelay } from '@missions/persistence/outbox/relay.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import { serveHealth } from '@missions/runtime/health-server.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Life } from '@missions/runtime/lifecycle.ts';
import { registry } from '@missions/runtime/metrics.ts';
import type { approvalConfig } from './config.ts';
import { startConsuming } from './subscriptions/consume.ts';
import { approvalEndpoints } from './requests/endpoints.ts';
import { approvalEntities } from './store/entities.ts';
import { approvalMigrations } from './store/migrations.ts';

export interface ApprovalOptions extends Pick<RelayOptions, 'faults'> {
  /** A virtual one overrules the database's, so that a test can live days in a second. */
  clock?: Clock;
}

/** The service's wiring, several times in one process if need be: what a process has once stands in `main.ts`. */
export async function startApproval(
  { logger, health, stopping, onStop }: Life,
  config: ReturnType<typeof approvalConfig>,
  { clock = systemClock, faults }: ApprovalOptions = {},
): Promise<void> {
  logger.level = config.logLevel;
  const probes = await serveHealth({ port: config.healthPort, host: config.healthHost, health, metrics: registry });
  onStop('health', () => probes.close());

  const db = await openDatabase({
    url: config.databaseUrl,
    schema: 'approval',
    entities: approvalEntities,
    migrations: approvalMigrations,
    poolSize: config.poolSize,
    logger,
  });
  onStop('database', () => db.close());
  await migrate(db);
  health.add('database', () => db.check());

  const bus = await connectBus({ servers: config.natsUrl, name: 'approval', logger, signal: stopping });
  onStop('bus', () => bus.drain());
  await bus.ensureStreams(['APPROVAL', 'SCHEDULER']);
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

  const hint = bus.notify.bind(bus);
  const context = { db, clock, newId, logger, admit: () => relay.admit(), hint };
  const requests = await bus.serve('approval', approvalEndpoints(context), { classify: databaseProblem });
  onStop('requests', () => requests.stop());
  const consumptions = await startConsuming(bus, context);
  onStop('consumers', () => consumptions.stop());
}
