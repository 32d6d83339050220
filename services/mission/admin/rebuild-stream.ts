import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { rebuildStream } from '@missions/persistence/outbox/rebuild.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { publishingConfig } from './config.ts';

/** This service's part of a stream; others may have theirs. */
await runAdminProgram({ 'dry-run': { type: 'boolean', default: false } }, async ({ values, positionals: [stream] }) => {
  const { databaseUrl, natsUrl } = publishingConfig();
  return await rebuildStream({
    service: 'mission',
    url: databaseUrl,
    connect: () => connectAdmin(natsUrl),
    stream,
    dryRun: values['dry-run'],
  });
});
