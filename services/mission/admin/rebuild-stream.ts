import { connectOperator } from '@missions/messaging/operator.ts';
import { refill } from '@missions/persistence/outbox/refill.ts';
import { operate } from '@missions/runtime/operating.ts';
import { publishingConfig } from './config.ts';

/** This service's part of a stream; others may have theirs. */
await operate({ 'dry-run': { type: 'boolean', default: false } }, async ({ values, positionals: [stream] }) => {
  const { databaseUrl, natsUrl } = publishingConfig();
  return await refill({ service: 'mission', url: databaseUrl, connect: () => connectOperator(natsUrl), stream, dryRun: values['dry-run'] });
});
