import { userInfo } from 'node:os';
import {
  boolean,
  type Config,
  type Env,
  integer,
  natsUrl,
  oneOf,
  postgresUrl,
  readConfig,
  type Setting,
  signingKeys,
  string,
} from '@missions/runtime/config.ts';
import { exposedSecrets } from '@missions/runtime/exposed-secrets.ts';
import { logLevels } from '@missions/runtime/logger.ts';
import { natsHosts } from '@missions/runtime/server-lists.ts';
import type { NatsAddress } from '@missions/messaging/connect.ts';

/** How NATS is reached, besides its URL: files that are read at each connection, so that they can be renewed. */
export const natsFiles = {
  /** PEM of the authority that the server's certificate must come from, if it is none that Node knows. */
  natsCaFile: string('NATS_CA_FILE', { optional: true }),
  /** PEM of this client's own certificate and key, for a server that asks for one. */
  natsCertFile: string('NATS_CERT_FILE', { optional: true }),
  natsKeyFile: string('NATS_KEY_FILE', { optional: true }),
  /** Credentials as `nsc` makes them, in place of a user and password in the URL. */
  natsCredsFile: string('NATS_CREDS_FILE', { optional: true }),
} as const;

type NatsFiles = Partial<Config<typeof natsFiles>>;

/** The address that `connectBus` takes. */
export const natsAddress = (
  servers: string,
  { natsCaFile: ca, natsCertFile: cert, natsKeyFile: key, natsCredsFile: creds }: NatsFiles,
) => ({ servers, files: { ca, cert, key, creds } });

/** What is wrong with those settings together. */
export const faultsOfNatsFiles = ({ natsCertFile, natsKeyFile }: NatsFiles): string[] =>
  (natsCertFile === undefined) === (natsKeyFile === undefined)
    ? []
    : [`${natsCertFile ? 'NATS_KEY_FILE' : 'NATS_CERT_FILE'} must be set as well: a certificate needs its key`];

/** How PostgreSQL is reached beside DATABASE_URL, where that leads to a pooler. */
export const databaseAccess = {
  /** `transaction`: DATABASE_URL is PgBouncer's in transaction mode, which keeps nothing of a session. */
  pooler: oneOf('DATABASE_POOLER', ['none', 'transaction'], { default: 'none' }),
  /** PostgreSQL itself, for what belongs to a session: the relay and other leases, notifications, migrations. */
  directUrl: postgresUrl('DATABASE_DIRECT_URL', { optional: true }),
  /** After so long PostgreSQL ends a statement, or a transaction in which nothing happens. Migrations have no bound. */
  statementTimeoutMs: integer('DATABASE_STATEMENT_TIMEOUT_MS', { default: 10_000, min: 1_000, max: 600_000 }),
} as const;

export const faultsOfAccess = ({ pooler, directUrl }: Partial<Config<typeof databaseAccess>>): string[] =>
  pooler === 'transaction' && directUrl === undefined
    ? ['DATABASE_DIRECT_URL is required with DATABASE_POOLER=transaction: leases and migrations need a session']
    : [];

/** The settings that every service with a database has (specification section 9). */
export const serviceSettings = {
  /** Connects as the service's own role, which owns the service's schema and reaches no other. */
  databaseUrl: postgresUrl('DATABASE_URL', {}),
  ...databaseAccess,
  natsUrl: natsUrl('NATS_URL', {}),
  ...natsFiles,
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
      ...faultsOfNatsFiles(config as NatsFiles),
      ...faultsOfAccess(config as Partial<ServiceConfig>),
      ...check(config as Partial<Config<Own>>),
    ]) as ServiceConfig & Config<Own>;

type ReadKeys = Partial<Pick<ServiceConfig, 'natsUrl' | 'callerKey' | 'schedulerCallerKey'>> & {
  readonly answerKey?: readonly string[];
};

/** Whoever reaches NATS may try keys, so that a guessable one is refused unless NATS is on this machine. */
const exposedKeys = ({ natsUrl: servers, callerKey, schedulerCallerKey, answerKey: answers }: ReadKeys): string[] =>
  exposedSecrets(
    servers && natsHosts(servers),
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
export const publishingAdminConfig = (env: Env = process.env) => ({ ...adminConfig(env), nats: busAdminConfig(env) });

/** The settings of an operators' program that looks at NATS only: the address with the operators' NATS user. */
export const busAdminConfig = (env: Env = process.env): NatsAddress => {
  const { natsUrl: servers, ...files } = readConfig(
    env,
    { natsUrl: serviceSettings.natsUrl, ...natsFiles },
    faultsOfNatsFiles,
  );
  return natsAddress(servers, files);
};

/** As `busAdminConfig`, for programs that make streams: also their size and copies, and whether there are mirrors. */
export const provisioningConfig = (env: Env = process.env) => ({
  nats: busAdminConfig(env),
  ...readConfig(env, {
    /** Whether subscribers need mirrors of the streams. */
    mirrors: boolean('EVENT_MIRRORS', { default: false }),
    /** Copies of each stream on a cluster of NATS: 3 on three servers. Unset: 1 for a new stream, and as it is else. */
    replicas: integer('STREAM_REPLICAS', { optional: true, min: 1, max: 5 }),
    /** Bound of each stream's storage. Unset: 512 MiB for a new stream, and as it is else. */
    maxBytes: integer('STREAM_MAX_BYTES', { optional: true, min: 1_048_576 }),
  }),
});

/** The settings of the program that keeps the streams, and serves their metrics. */
export const keeperConfig = (env: Env = process.env) => ({
  ...provisioningConfig(env),
  ...readConfig(env, {
    healthPort: integer('HEALTH_PORT', { default: 0, min: 0, max: 65_535 }),
    healthHost: serviceSettings.healthHost,
  }),
});

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
    databaseUrl: postgresUrl('DATABASE_URL', { optional: true }),
  });
