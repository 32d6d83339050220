import { byOperator } from '@missions/contracts/audit.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { rebuildableStreams, rebuildStream } from '@missions/persistence/outbox/rebuild.ts';
import { AdminFailure, runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { audited } from '../audited.ts';
import { operatorName, publishingAdminConfig } from '../config.ts';

/**
 * `rebuild-stream.ts <service> <STREAM> [--dry-run]`: publishes again the events of that service that the stream has
 * lost. Other services may have further events of the stream.
 */
await runAdminProgram({ 'dry-run': { type: 'boolean', default: false } }, async ({ values, positionals }) => {
  const [service, name] = positionals;
  if (service === undefined) throw new UsageError('Name the service whose events are to be published again.');
  const { databaseUrl, nats } = publishingAdminConfig();
  const stream = rebuildableStreams.find((it) => it === name);
  if (stream === undefined)
    throw new UsageError(
      `Name one of the streams ${rebuildableStreams.join(', ')}. ` +
        'Dead letters are kept nowhere else and cannot be rebuilt.',
    );
  const connect = () => connectAdmin(nats);
  const rebuild = () => rebuildStream({ service, url: databaseUrl, connect, stream, dryRun: values['dry-run'] });
  const deed = {
    customer_id: '',
    by: byOperator(operatorName()),
    action: 'stream.rebuilt',
    target: { kind: 'stream', id: stream },
    mission_id: null,
  } as const;
  const record = { url: databaseUrl, schema: service.replaceAll('-', '_') };
  const report = values['dry-run'] ? await rebuild() : await audited(record, deed, rebuild);
  if (report.taken_for_repetitions > 0)
    throw new AdminFailure(
      `${service}: ${report.taken_for_repetitions} events were not stored, because ${stream} still knows their ids ` +
        'from before it was emptied. It forgets them after two minutes: call this again then.',
      report,
    );
  return report;
});
