import { VERSION } from '@missions/contracts/version.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { collectProcessMetrics } from '@missions/runtime/metrics.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import { createApp } from './app.ts';
import { gatewayConfig } from './config.ts';
import { authenticator, userAuthenticator } from './http/credentials.ts';
import { operatorsOf } from './http/operators.ts';
import { rateLimit } from './http/rate-limit.ts';
import { deedRecorder } from './http/refused-deed.ts';
import { KnownCredentials, limitStrangers } from './http/strangers.ts';
import { tokenVerifier } from './http/tokens.ts';
import { waitingCalls } from './http/waiting-call.ts';
import { openKeys } from './keys/database.ts';
import { openPorts } from './ports.ts';
import { servicesBehind } from './services-behind.ts';
import { signingIn } from './sessions/sign-in.ts';

await runService('gateway', async ({ logger, health, stopping, onStop }) => {
  const config = gatewayConfig();
  logger.level = config.logLevel;
  onStop('telemetry', await startTelemetry('gateway'));
  collectProcessMetrics('gateway', VERSION);
  health.awaiting('nats', 'NATS');
  const services = servicesBehind({ health, logger, stopping });
  const server = await openPorts(config, { health, logger, onStop });

  const { keys, clock } = await openKeys(config, { logger, health, stopping, onStop });
  const bus = await connectBus({ ...config.bus, logger, signal: stopping });
  onStop('bus', () => bus.drain());
  health.add('nats', () => bus.check());

  const signIn = signingIn(keys, clock, config);
  const verify = config.tokens && tokenVerifier(config.tokens, clock);
  const known = new KnownCredentials();
  const gateway = {
    bus,
    logger,
    clock,
    authenticate: known.learnFrom(authenticator(config.serviceSecrets, keys)),
    ...deedRecorder(keys),
    authenticateUser: known.learnFrom(userAuthenticator(config.serviceSecrets, verify, signIn)),
    ...waitingCalls(clock),
    limit: rateLimit({ perKey: config.keyRate, perService: config.serviceRate }),
    defaultCustomerId: config.defaultCustomerId,
    signIn,
    isOperator: operatorsOf(config.operating.userIds, config.defaultCustomerId),
    operating: config.operating,
    stopping,
  };
  const strangers = limitStrangers({ perSecond: config.addressRate, known });
  const { app, streams } = await createApp({ gateway, health, logger, strangers, settings: config });
  server.serve(app);
  onStop('http', () => server.close());
  onStop('streams', () => streams.close());
  void services.answered(bus);
});
