import { type Env, readConfig, url } from '@missions/runtime/config.ts';

const databaseUrl = url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] });

/** What the operators' commands of this service need: its own role. */
export const operatorConfig = (env: Env = process.env) => readConfig(env, { databaseUrl });

/** Of those that publish: also the URL of the operators' user of NATS. */
export const publishingConfig = (env: Env = process.env) =>
  readConfig(env, { databaseUrl, natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }) });
