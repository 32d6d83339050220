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
import { collectProcessMetrics, registry } from '@missions/runtime/metrics.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import type { missionConfig } from './config.ts';
import type { Notify } from './commands/save-decision.ts';
import { startSignalDelivery } from './jobs/deliver-signals.ts';
import { missionEndpoints } from './requests/endpoints.ts';
import { eventHandlers, missionSubscriptions } from './subscriptions/subscriptions.ts';
import { missionEntities } from './store/entities.ts';
import { missionMigrations } from './store/migrations.ts';

/**
 * The service's wiring. Apart from `main.ts`, which nobody may import, so that a test can start the very same service with a relay that
 * crashes where it hurts.
 */
export async function startMission(
  { logger, health, stopping, onStop }: Life,
  config: ReturnType<typeof missionConfig>,
  { faults, clock = systemClock }: Pick<RelayOptions, 'faults'> & { clock?: Clock } = {},
): Promise<void> {
  logger.level = config.logLevel;
  onStop('telemetry', await startTelemetry('mission'));
  collectProcessMetrics('mission');
  const probes = await serveHealth({ port: config.healthPort, host: config.healthHost, health, metrics: registry });
  onStop('health', () => probes.close());

  const db = await openDatabase({
    url: config.databaseUrl,
    schema: 'mission',
    entities: missionEntities,
    migrations: missionMigrations,
    poolSize: config.poolSize,
    logger,
  });
  onStop('database', () => db.close());
  await migrate(db);
  health.add('database', () => db.check());

  const bus = await connectBus({ servers: config.natsUrl, name: 'mission', logger, signal: stopping });
  onStop('bus', () => bus.drain());
  await bus.ensureStreams(['MISSION']);
  health.add('nats', () => bus.check());

  const relay =
    config.relay === 'on'
      ? startRelay({ db, publish: (event, body) => bus.publish(event, body), logger, ...(faults && { faults }) })
      : undefined;
  if (relay) {
    onStop('relay', () => relay.stop());
    health.add('outbox', () => relay.check());
  }
  const housekeeping = startHousekeeping(db, { logger });
  onStop('housekeeping', () => housekeeping.stop());

  const hint: Notify = (customerId, userId, what) => bus.notify(customerId, userId, { type: 'mission', ...what });
  const deliveries = startSignalDelivery({ db, clock, newId, logger, hint });
  onStop('deliveries', () => deliveries.stop());

  const context = { db, clock, newId, admit: () => relay?.admit(), deliveries, hint };
  const requests = await bus.serve('mission', missionEndpoints(context), { classify: databaseProblem });
  onStop('requests', () => requests.stop());

  const events = eventHandlers(context);
  for (const { stream, subjects } of missionSubscriptions) {
    await bus.ensureStreams([stream]);
    const consumption = await bus.consume({
      stream,
      subjects,
      service: 'mission',
      classify: databaseProblem,
      ...events,
    });
    onStop(`events of ${stream}`, () => consumption.stop());
  }
}
