import { connectStandalone } from '@missions/persistence/session.ts';
import { execute } from '@missions/persistence/statement.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { pushEndpoints, type PushEndpointState } from '../runs/store/push-endpoint.ts';

/** Lists the endpoints to which runs were pushed, as the latest post found them. */
await runAdminProgram({}, async () => {
  const client = await connectStandalone({
    url: adminConfig().databaseUrl,
    schema: 'scheduler',
    statementTimeoutMs: 30_000,
    name: 'operator',
  });
  try {
    return (await execute<{ endpoint: PushEndpointState }>(client, pushEndpoints)).map(({ endpoint }) => endpoint);
  } finally {
    await client.end();
  }
});
