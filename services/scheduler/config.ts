import { type Env, integer, oneOf, readConfig, url } from '@missions/runtime/config.ts';
import { logLevels } from '@missions/runtime/logger.ts';

export const schedulerConfig = (env: Env = process.env) =>
  readConfig(env, {
    /** The service's own role; it owns the schema `scheduler` and reaches no other. */
    databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }),
    natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }),
    healthPort: integer('HEALTH_PORT', { default: 8080, min: 0, max: 65_535 }),
    healthHost: oneOf('HEALTH_HOST', ['127.0.0.1', '0.0.0.0'], { default: '127.0.0.1' }),
    logLevel: oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
    poolSize: integer('DATABASE_POOL', { default: 5, min: 3, max: 200 }),
  });
