import { serviceConfig } from '@missions/service-kit/config.ts';
import { defineService } from '@missions/service-kit/service.ts';
import { approvalEndpoints } from './requests/endpoints.ts';
import { approvalEntities } from './store/entities.ts';
import { approvalMigrations } from './store/migrations.ts';
import { approvalSubscriptions } from './subscriptions/subscriptions.ts';

/** Input requests to users, and their responses (specification sections 3.5 and 8). */
export const approval = defineService({
  name: 'approval',
  config: serviceConfig({}),
  database: { entities: approvalEntities, migrations: approvalMigrations },
  streams: ['APPROVAL', 'SCHEDULER'],
  context: (base) => base,
  endpoints: approvalEndpoints,
  subscriptions: approvalSubscriptions,
});
