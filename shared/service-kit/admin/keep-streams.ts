import { VERSION } from '@missions/contracts/version.ts';
import { keepStreams } from '@missions/messaging/admin/keep-streams.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { serveHealth } from '@missions/runtime/health-server.ts';
import { collectProcessMetrics, registry } from '@missions/runtime/metrics.ts';
import { keeperConfig } from '../config.ts';

/**
 * `keep-streams.ts`: runs beside the services, and makes streams and consumers again that have gone. NATS_URL names the
 * login that may do so; no service is given it. Its metrics tell how full the streams are, and which consumer is behind.
 */
await runService('keep-streams', async ({ logger, health, stopping, onStop }) => {
  const { nats, healthPort: port, healthHost: host, ...streams } = keeperConfig();
  collectProcessMetrics('keep-streams', VERSION);
  const probes = await serveHealth({ port, host, health, metrics: registry });
  onStop('health', () => probes.close());
  logger.info({ port: probes.port }, 'metrics of the streams are served here');
  const loop = await keepStreams(nats, { logger, signal: stopping, ...streams });
  onStop('streams', () => loop.stop());
  health.add('streams', () => loop.check());
});
