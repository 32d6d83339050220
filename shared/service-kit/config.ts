import { userInfo } from 'node:os';
import {
  boolean,
  type Config,
  type Env,
  integer,
  oneOf,
  readConfig,
  type Setting,
  signingKeys,
  string,
  url,
} from '@missions/runtime/config.ts';
import { exposedSecrets } from '@missions/runtime/exposed-secrets.ts';
import { logLevels } from '@missions/runtime/logger.ts';

/** The settings that every service with a database has (specification section 9). */
export const serviceSettings = {
  /** Connects as the service's own role, which owns the service's schema and reaches no other. */
  databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }),
  natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }),
  /** Shared with the gateway alone, which signs with it who calls this service. */
  callerKey: signingKeys('CALLER_KEY'),
  /** With it the scheduler signs the few requests that it sends to the other three services. */
  schedulerCallerKey: signingKeys('SCHEDULER_CALLER_KEY'),
  healthPort: integer('HEALTH_PORT', { default: 8080, min: 0, max: 65_535 }),
  healthHost: oneOf('HEALTH_HOST', ['127.0.0.1', '0.0.0.0'], { default: '127.0.0.1' }),
  logLevel: oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
  poolSize: integer('DATABASE_POOL', { default: 10, min: 3, max: 200 }),
} as const;

/**
 * Shared by the mission and the approval service: the one seals the outcomes of input requests, the other believes no
 * outcome without that seal, and signs with the same key what it asks about those that have none.
 */
export const answerKey = signingKeys('ANSWER_KEY');

export type ServiceConfig = Config<typeof serviceSettings>;

/**
 * The reader of a service's configuration: the common settings and the service's own.
 * The reader throws a ConfigError that names every variable that is missing or wrong.
 * @param check the problems of the service's own settings that are valid each but not together.
 */
export const serviceConfig =
  <Own extends Record<string, Setting<unknown>>>(
    own: Own,
    check: (config: Partial<Config<Own>>) => readonly string[] = () => [],
  ) =>
  (env: Env = process.env): ServiceConfig & Config<Own> =>
    readConfig(env, { ...serviceSettings, ...own }, (config) => [
      ...exposedKeys(config as ReadKeys),
      ...check(config as Partial<Config<Own>>),
    ]) as ServiceConfig & Config<Own>;

type ReadKeys = Partial<Pick<ServiceConfig, 'natsUrl' | 'callerKey' | 'schedulerCallerKey'>> & {
  readonly answerKey?: readonly string[];
};

/** Whoever reaches NATS may try keys, so that a guessable one is refused unless NATS is on this machine. */
const exposedKeys = ({ natsUrl, callerKey, schedulerCallerKey, answerKey: answers }: ReadKeys): string[] =>
  exposedSecrets(
    natsUrl && new URL(natsUrl).hostname,
    { CALLER_KEY: callerKey, SCHEDULER_CALLER_KEY: schedulerCallerKey, ANSWER_KEY: answers },
    'NATS_URL',
  );

/** The settings of an operators' program of one service: the database URL of that service's own role. */
export const adminConfig = (env: Env = process.env) => readConfig(env, { databaseUrl: serviceSettings.databaseUrl });

/** As `adminConfig`, for programs that act for a customer who may be left out. */
export const customerAdminConfig = (env: Env = process.env) =>
  readConfig(env, {
    databaseUrl: serviceSettings.databaseUrl,
    defaultCustomerId: string('DEFAULT_CUSTOMER_ID', { default: 'default' }),
  });

/** As `adminConfig`, for programs that publish: also the URL of the operators' NATS user. */
export const publishingAdminConfig = (env: Env = process.env) =>
  readConfig(env, { databaseUrl: serviceSettings.databaseUrl, natsUrl: serviceSettings.natsUrl });

/** The settings of an operators' program that looks at NATS only: the URL of the operators' NATS user. */
export const busAdminConfig = (env: Env = process.env) => readConfig(env, { natsUrl: serviceSettings.natsUrl });

/** As `busAdminConfig`, for programs that make streams: also whether subscribers need mirrors of them. */
export const provisioningConfig = (env: Env = process.env) =>
  readConfig(env, { natsUrl: serviceSettings.natsUrl, mirrors: boolean('EVENT_MIRRORS', { default: false }) });

/** Who runs an operators' program, for the audit record: OPERATOR, or else the account on this machine. */
export const operatorName = (env: Env = process.env): string =>
  readConfig(env, { operator: string('OPERATOR', { optional: true }) }).operator?.slice(0, 255) ?? accountName();

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that no account has.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The settings of the program that deletes old entries of the audit record, as the administrator of the database. */
export const auditPurgeConfig = (env: Env = process.env) => ({
  ...readConfig(env, {
    databaseUrl: serviceSettings.databaseUrl,
    /** Younger entries than 30 days are kept by the database itself. */
    days: integer('AUDIT_RETENTION_DAYS', { default: 400, min: 30, max: 36_500 }),
  }),
  operator: operatorName(env),
});

/** Where an operators' program of NATS records its deeds; undefined if it was given no database. */
export const recordingConfig = (env: Env = process.env) =>
  readConfig(env, {
    databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], optional: true }),
  });
