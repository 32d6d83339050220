import { once } from 'node:events';
import { createServer } from 'node:http';
import { connectBus } from '@missions/messaging/connect.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { collectProcessMetrics, registry } from '@missions/runtime/metrics.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import { createApp } from './app.ts';
import { gatewayConfig } from './config.ts';
import { serviceSecret } from './http/credentials.ts';
import { closeServer } from './http/close.ts';

await runService('gateway', async ({ logger, health, stopping, onStop }) => {
  const config = gatewayConfig();
  logger.level = config.logLevel;
  onStop('telemetry', await startTelemetry('gateway'));
  collectProcessMetrics('gateway');

  const bus = await connectBus({ servers: config.natsUrl, name: 'gateway', logger, signal: stopping });
  onStop('bus', () => bus.drain());
  health.add('nats', () => bus.check());

  const edge = { bus, authenticate: serviceSecret(config.serviceSecret), defaultCustomerId: config.defaultCustomerId };
  const server = createServer(createApp({ edge, health, metrics: registry, logger }).callback());
  server.listen(config.port, config.host);
  await once(server, 'listening');
  onStop('http', () => closeServer(server));
  logger.info({ address: server.address() }, 'listening');
});
