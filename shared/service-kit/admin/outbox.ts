import { inspectOutbox } from '@missions/persistence/outbox/inspection.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '../config.ts';

/** `outbox.ts <service>`: the events of that service that are committed and not yet published. */
await runAdminProgram({}, async ({ positionals: [service] }) => {
  if (service === undefined) throw new UsageError('Name the service whose outbox is to be shown.');
  return await inspectOutbox(adminConfig().databaseUrl, service);
});
