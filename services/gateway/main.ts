import { connectBus } from '@missions/messaging/connect.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { collectProcessMetrics, registry } from '@missions/runtime/metrics.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import { createApp } from './app.ts';
import { gatewayConfig } from './config.ts';
import { startHttpServer } from '@missions/http/server.ts';
import { authenticator, userAuthenticator } from './http/credentials.ts';
import { rateLimit } from './http/rate-limit.ts';
import { tokenVerifier } from './http/tokens.ts';
import { openKeyDatabase } from './keys/database.ts';

await runService('gateway', async ({ logger, health, stopping, onStop }) => {
  const config = gatewayConfig();
  logger.level = config.logLevel;
  onStop('telemetry', await startTelemetry('gateway'));
  collectProcessMetrics('gateway');

  const keys = config.databaseUrl === undefined ? undefined : await openKeyDatabase(config.databaseUrl, logger);
  if (keys) {
    onStop('database', () => keys.close());
    health.add('database', () => keys.check());
  }
  const bus = await connectBus({ servers: config.natsUrl, name: 'gateway', logger, signal: stopping });
  onStop('bus', () => bus.drain());
  health.add('nats', () => bus.check());

  const { serviceSecret, jwksUrl, issuer, audience, customerClaim, defaultCustomerId } = config;
  const verify =
    jwksUrl === undefined ? undefined : tokenVerifier({ jwksUrl, issuer, audience, customerClaim, defaultCustomerId });
  const gateway = {
    bus,
    logger,
    authenticate: authenticator(serviceSecret, keys),
    authenticateUser: userAuthenticator(serviceSecret, verify),
    limit: rateLimit({ perKey: config.keyRate, perService: config.serviceRate }),
    defaultCustomerId,
    stopping,
  };
  const { app, streams } = createApp({
    gateway,
    health,
    metrics: registry,
    logger,
    inboundEmailSecret: config.inboundEmailSecret,
  });
  const server = await startHttpServer(app, config.port, config.host);
  onStop('http', () => {
    streams.close();
    return server.close();
  });
  logger.info({ address: server.address }, 'listening');
});
