import { type Env, readConfig, url } from '@missions/runtime/config.ts';

/** What the operators' commands of this service need. */
export const operatorConfig = (env: Env = process.env) => readConfig(env, { databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }) });
