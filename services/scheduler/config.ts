import { boolean, ConfigError, type Env, integer, oneOf, readConfig, secret, url } from '@missions/runtime/config.ts';
import { logLevels } from '@missions/runtime/logger.ts';

export const schedulerConfig = (env: Env = process.env) => {
  const config = readConfig(env, {
    /** The service's own role; it owns the schema `scheduler` and reaches no other. */
    databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }),
    natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }),
    healthPort: integer('HEALTH_PORT', { default: 8080, min: 0, max: 65_535 }),
    healthHost: oneOf('HEALTH_HOST', ['127.0.0.1', '0.0.0.0'], { default: '127.0.0.1' }),
    logLevel: oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
    poolSize: integer('DATABASE_POOL', { default: 10, min: 3, max: 200 }),
    /** Where runs are pushed to; without it they are pulled only. */
    pushUrl: url('AGENT_PUSH_URL', {
      optional: true,
      protocols: env['NODE_ENV'] === 'production' ? ['https:'] : ['https:', 'http:'],
    }),
    pushSecret: secret('AGENT_PUSH_SECRET', { optional: true, minLength: 24 }),
    /** Whether that URL may lead into a private network. */
    pushAllowPrivate: boolean('AGENT_PUSH_ALLOW_PRIVATE', { default: false }),
    /** Runs of one customer that may be claimed at the same time. */
    runsPerCustomer: integer('RUNS_PER_CUSTOMER', { default: 10, min: 1, max: 1_000 }),
  });
  const { pushUrl, pushSecret, pushAllowPrivate } = config;
  if (pushUrl === undefined) return { ...config, push: undefined };
  if (pushSecret === undefined)
    throw new ConfigError(['AGENT_PUSH_SECRET is required with AGENT_PUSH_URL: what is pushed is signed with it']);
  return { ...config, push: { url: pushUrl, secret: pushSecret, allowPrivate: pushAllowPrivate } };
};
