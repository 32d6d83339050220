import { oneOf } from '@missions/runtime/config.ts';
import { serviceConfig } from '@missions/service-kit/config.ts';
import { defineService, type ServiceContext } from '@missions/service-kit/service.ts';
import type { Context } from './commands/execute-command.ts';
import { startSignalDelivery } from './jobs/deliver-signals.ts';
import { historyEndpoints } from './requests/history.ts';
import { missionEndpoints } from './requests/missions.ts';
import { runEndpoints } from './requests/runs.ts';
import { taskEndpoints } from './requests/tasks.ts';
import { waitEndpoints } from './requests/waits.ts';
import { CreationGroup } from './store/create-mission.ts';
import { missionEntities } from './store/entities.ts';
import { missionMigrations } from './store/migrations.ts';
import { missionSubscriptions } from './subscriptions/subscriptions.ts';

/** Missions with their tasks, history, waits and signals (specification sections 2 to 4). */
export const mission = defineService({
  name: 'mission',
  config: serviceConfig({
    /** Off only to measure what the relay costs. */
    relay: oneOf('RELAY', ['on', 'off'], { default: 'on' }),
  }),
  database: { entities: missionEntities, migrations: missionMigrations },
  streams: ['MISSION'],
  context: (base) => missionContext(base),
  endpoints: (context) => [
    ...missionEndpoints(context),
    ...taskEndpoints(context),
    ...historyEndpoints(context),
    ...waitEndpoints(context),
    ...runEndpoints(context),
  ],
  subscriptions: missionSubscriptions,
});

/** @param pollMs see `startSignalDelivery`; for tests. */
export function missionContext(
  { db, clock, newId, admit, notify, logger, onStop }: ServiceContext,
  pollMs?: number,
): Context {
  const deliveries = startSignalDelivery({ db, clock, newId, logger, notify, pollMs });
  onStop('signal deliveries', () => deliveries.stop());
  return { db, clock, newId, admit, notify, deliveries, creations: new CreationGroup(db) };
}
