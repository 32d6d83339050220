import { byOperator } from '@missions/contracts/audit.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { type RebuildableStream, rebuildableStreams, rebuildStream } from '@missions/persistence/outbox/rebuild.ts';
import { AdminFailure, runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { audited } from '../audited.ts';
import { operatorName, publishingAdminConfig } from '../config.ts';

const flag = { type: 'boolean', default: false } as const;

/**
 * `rebuild-stream.ts <service> <STREAM>|--all [--dry-run]`: publishes again the events of that service that the stream,
 * or each, has lost. Other services may have further events of the stream.
 */
await runAdminProgram({ 'dry-run': flag, all: flag }, async ({ values, positionals }) => {
  const [service, name] = positionals;
  if (service === undefined) throw new UsageError('Name the service whose events are to be published again.');
  const { databaseUrl, nats } = publishingAdminConfig();
  const named = values.all && name === undefined ? rebuildableStreams : rebuildableStreams.filter((it) => it === name);
  if (named.length === 0 || (values.all && name !== undefined))
    throw new UsageError(
      `Name one of the streams ${rebuildableStreams.join(', ')}, or say --all. ` +
        'Dead letters are kept nowhere else and cannot be rebuilt.',
    );
  const rebuild = async (stream: RebuildableStream) => {
    const connect = () => connectAdmin(nats);
    const run = () => rebuildStream({ service, url: databaseUrl, connect, stream, dryRun: values['dry-run'] });
    const deed = {
      customer_id: '',
      by: byOperator(operatorName()),
      action: 'stream.rebuilt',
      target: { kind: 'stream', id: stream },
      mission_id: null,
    } as const;
    const record = { url: databaseUrl, schema: service.replaceAll('-', '_') };
    return { stream, ...(values['dry-run'] ? await run() : await audited(record, deed, run)) };
  };
  const reports = [];
  for (const stream of named) reports.push(await rebuild(stream));
  const known = reports.filter(({ taken_for_repetitions }) => taken_for_repetitions > 0);
  if (known.length > 0) {
    const count = known.reduce((sum, { taken_for_repetitions }) => sum + taken_for_repetitions, 0);
    throw new AdminFailure(
      `${service}: ${count} events were not stored, because ${known.map(({ stream }) => stream).join(', ')} still knows ` +
        'their ids from before it was emptied. It forgets them after two minutes: call this again then.',
      reports,
    );
  }
  return reports;
});
