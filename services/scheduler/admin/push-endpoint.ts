import { onConnection } from '@missions/persistence/standalone-transaction.ts';
import { execute } from '@missions/persistence/statement.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { pushEndpoints, type PushEndpointState } from '../runs/store/push-endpoint.ts';

/** Lists the endpoints to which runs were pushed, as the latest post found them. */
await runAdminProgram({}, async () => {
  return await onConnection({ url: adminConfig().databaseUrl, schema: 'scheduler' }, async (client) => {
    return (await execute<{ endpoint: PushEndpointState }>(client, pushEndpoints)).map(({ endpoint }) => endpoint);
  });
});
