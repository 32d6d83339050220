import { type Env, readConfig, url } from '@missions/runtime/config.ts';

/** What the operators' commands of this service need. */
export const operatorConfig = (env: Env = process.env) =>
  readConfig(env, { databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }) });

/** Of those that look at the message bus, which has no service of its own: the URL of its operators' user. */
export const busConfig = (env: Env = process.env) =>
  readConfig(env, { natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }) });
