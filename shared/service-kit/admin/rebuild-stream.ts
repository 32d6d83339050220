import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { rebuildStream } from '@missions/persistence/outbox/rebuild.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { publishingAdminConfig } from '../config.ts';

/**
 * `rebuild-stream.ts <service> <STREAM> [--dry-run]`: publishes again the events of that service that the stream has
 * lost. Other services may have further events of the stream.
 */
await runAdminProgram({ 'dry-run': { type: 'boolean', default: false } }, async ({ values, positionals }) => {
  const [service, stream] = positionals;
  if (service === undefined) throw new UsageError('Name the service whose events are to be published again.');
  const { databaseUrl, natsUrl } = publishingAdminConfig();
  const connect = () => connectAdmin(natsUrl);
  return await rebuildStream({ service, url: databaseUrl, connect, stream, dryRun: values['dry-run'] });
});
