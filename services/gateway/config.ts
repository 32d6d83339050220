import { type Env, integer, oneOf, readConfig, secret, string, url } from '@missions/runtime/config.ts';
import { logLevels } from '@missions/runtime/logger.ts';

export const gatewayConfig = (env: Env = process.env) =>
  readConfig(env, {
    port: integer('PORT', { default: 8003, min: 0, max: 65_535 }),
    /** Loopback unless told otherwise: a container sets `0.0.0.0`. */
    host: string('HOST', { default: '127.0.0.1' }),
    natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }),
    serviceSecret: secret('HUB_SERVICE_SECRET', { minLength: 16 }),
    defaultCustomerId: string('DEFAULT_CUSTOMER_ID', { default: 'default' }),
    logLevel: oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
  });
