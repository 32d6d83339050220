import { keepStreams } from '@missions/messaging/admin/keep-streams.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { provisioningConfig } from '../config.ts';

/**
 * `keep-streams.ts`: runs beside the services, and makes streams and consumers again that have gone. NATS_URL names the
 * login that may do so; no service is given it.
 */
await runService('keep-streams', async ({ logger, stopping, onStop }) => {
  const { nats, ...streams } = provisioningConfig();
  const loop = await keepStreams(nats, { logger, signal: stopping, ...streams });
  onStop('streams', () => loop.stop());
});
