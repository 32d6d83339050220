import { type Env, readConfig, url } from '@missions/runtime/config.ts';

/** Settings of the operators' programs that read the gateway's own table. */
export const operatorConfig = (env: Env = process.env) =>
  readConfig(env, { databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }) });

/** Settings of the programs that look at NATS, which belongs to no service: the URL of the operators' NATS user. */
export const busConfig = (env: Env = process.env) =>
  readConfig(env, { natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }) });
