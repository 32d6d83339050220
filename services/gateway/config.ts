import type { CallerKeys } from '@missions/messaging/caller-proof.ts';
import {
  callersSecrets,
  type Env,
  integer,
  isSet,
  natsUrl,
  oneOf,
  postgresUrl,
  readConfig,
  secret,
  signingKeys,
  string,
  textOrNothing,
  url,
} from '@missions/runtime/config.ts';
import { isLoopback } from './oidc/provider.ts';
import { exposedSecrets } from '@missions/runtime/exposed-secrets.ts';
import { logLevels } from '@missions/runtime/logger.ts';
import { natsHosts } from '@missions/runtime/server-lists.ts';
import {
  databaseAccess,
  faultsOfAccess,
  faultsOfNatsFiles,
  natsAddress,
  natsFiles,
} from '@missions/service-kit/config.ts';

const settings = {
  port: integer('PORT', { default: 8003, min: 0, max: 65_535 }),
  /** The product's own address, as browsers see it. Links, redirects and cookies are made from it, never from `Host`. */
  publicUrl: url('PUBLIC_URL', { protocols: ['https:', 'http:'], optional: true }),
  /** Loopback by default; a container sets `0.0.0.0`. */
  host: string('HOST', { default: '127.0.0.1' }),
  /** For operators: the details of `/readyz`, and `/metrics`. Callers do not reach this port. 0: a free one, see the log. */
  healthPort: integer('HEALTH_PORT', { default: 0, min: 0, max: 65_535 }),
  healthHost: oneOf('HEALTH_HOST', ['127.0.0.1', '0.0.0.0'], { default: '127.0.0.1' }),
  natsUrl: natsUrl('NATS_URL', {}),
  ...natsFiles,
  /** One key for each service: with it the gateway signs who calls, and the service shares it with nobody else. */
  missionKey: signingKeys('CALLER_KEY_MISSION'),
  approvalKey: signingKeys('CALLER_KEY_APPROVAL'),
  schedulerKey: signingKeys('CALLER_KEY_SCHEDULER'),
  emailBridgeKey: signingKeys('CALLER_KEY_EMAIL_BRIDGE'),
  notifierKey: signingKeys('CALLER_KEY_NOTIFIER'),
  /** Of trusted backends. */
  serviceSecrets: callersSecrets('HUB_SERVICE_SECRET', { minLength: 16 }),
  /** The database of the agents' keys; without it only the service secret is accepted. */
  databaseUrl: postgresUrl('DATABASE_URL', { optional: true }),
  ...databaseAccess,
  poolSize: integer('DATABASE_POOL', { default: 5, min: 3, max: 200 }),
  /** Requests per second and credential, in each copy of the gateway; 0 means no limit. */
  keyRate: integer('RATE_LIMIT_PER_KEY', { default: 50, min: 0 }),
  serviceRate: integer('RATE_LIMIT_PER_SERVICE', { default: 0, min: 0 }),
  /** Requests per second and address of callers that are not known: without a credential, or with a wrong one. */
  addressRate: integer('RATE_LIMIT_PER_ADDRESS', { default: 50, min: 0 }),
  /** How many proxies of the operator's stand before the gateway; each appends an address to `X-Forwarded-For`. */
  trustedProxies: integer('TRUSTED_PROXIES', { default: 0, min: 0, max: 10 }),
  /**
   * The key set of the operator's identity provider, for `/api/v1`; without it `/api/v1` accepts the service secret
   * only.
   */
  jwksUrl: url('OIDC_JWKS_URL', { protocols: ['https:', 'http:'], protocolsInProduction: ['https:'], optional: true }),
  issuer: string('OIDC_ISSUER', { optional: true }),
  audience: string('OIDC_AUDIENCE', { optional: true }),
  /** As which client users sign in at that provider with a browser; with both and OIDC_ISSUER they can. */
  clientId: string('OIDC_CLIENT_ID', { optional: true }),
  clientSecret: secret('OIDC_CLIENT_SECRET', { optional: true }),
  /** The claim that names the customer. If it is set to nothing, every user belongs to the default customer. */
  customerClaim: textOrNothing('OIDC_CUSTOMER_CLAIM', { default: 'customer_id' }),
  /** The claim that makes its user an operator: `operator` (true), or `roles=operator` (that text, or a list with it). */
  operatorClaim: string('OIDC_OPERATOR_CLAIM', { optional: true }),
  /** Who operates the product in the browser: `user` of the default customer, or `customer:user`, comma-separated. */
  operatorUserIds: string('OPERATOR_USER_IDS', { optional: true }),
  /** The operators' login at NATS, which reads streams and replays dead letters; without it the browser shows neither. */
  operatorNatsUrl: natsUrl('OPERATOR_NATS_URL', { optional: true }),
  /**
   * The secret with which a mail provider signs inbound mail (`whsec_…` with base64, or any text); without it that
   * webhook does not exist.
   */
  inboundEmailSecret: secret('INBOUND_EMAIL_SECRET', { optional: true, minLength: 24 }),
  /** The folder in which `services/dashboard/build.ts` put the users' page; without it there is no page. */
  pageFolder: string('DASHBOARD_DIR', { optional: true }),
  defaultCustomerId: string('DEFAULT_CUSTOMER_ID', { default: 'default' }),
  logLevel: oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
};

/** @throws ConfigError */
export function gatewayConfig(env: Env = process.env) {
  const config = readConfig(
    env,
    settings,
    ({ host, natsUrl: nats, issuer, audience, publicUrl, ...secrets }, production) => [
      ...faultsOfNatsFiles(secrets),
      ...faultsOfAccess(secrets),
      ...faultsOfProvider({ issuer, databaseUrl: secrets.databaseUrl }, env, production),
      ...(publicUrl === undefined || isOrigin(publicUrl)
        ? []
        : ['PUBLIC_URL must be an origin without a path, e.g. https://missions.example.com']),
      // Without both, any token of that provider would do, also one that was issued for another product.
      ...Object.entries({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience })
        .filter(([, value]) => env['OIDC_JWKS_URL'] && value === undefined)
        .map(([variable]) => `${variable} is required with OIDC_JWKS_URL`),
      ...exposedSecrets(host, {
        HUB_SERVICE_SECRET: secrets.serviceSecrets,
        INBOUND_EMAIL_SECRET: secrets.inboundEmailSecret,
      }),
      ...exposedSecrets(
        nats && natsHosts(nats),
        {
          CALLER_KEY_MISSION: secrets.missionKey,
          CALLER_KEY_APPROVAL: secrets.approvalKey,
          CALLER_KEY_SCHEDULER: secrets.schedulerKey,
          CALLER_KEY_EMAIL_BRIDGE: secrets.emailBridgeKey,
          CALLER_KEY_NOTIFIER: secrets.notifierKey,
        },
        'NATS_URL',
      ),
    ],
  );
  const { jwksUrl, issuer, audience, clientId, clientSecret } = config;
  const { customerClaim, defaultCustomerId, operatorClaim } = config;
  const claims = { customerClaim, defaultCustomerId, operatorClaim };
  const publicUrl = new URL(config.publicUrl ?? `http://127.0.0.1:${config.port}`).origin;
  const client = issuer && clientId && clientSecret ? { issuer, clientId, clientSecret } : undefined;
  const complete = jwksUrl !== undefined && issuer !== undefined && audience !== undefined;
  const signed = (keys: readonly string[]) => ({ as: 'gateway', keys });
  return {
    ...config,
    publicUrl,
    /** Where users sign in with a browser, if not by a link. */
    signInAt: client && { ...client, publicUrl, ...claims },
    /** What operators need in the browser. */
    operating: {
      userIds: (config.operatorUserIds ?? '').split(',').flatMap((text) => text.trim() || []),
      nats: config.operatorNatsUrl && natsAddress(config.operatorNatsUrl, { ...config, natsCredsFile: undefined }),
      databaseUrl: config.directUrl ?? config.databaseUrl,
    },
    /** How to connect to NATS; see `connectBus`. */
    bus: {
      name: 'gateway',
      ...natsAddress(config.natsUrl, config),
      callerKeys: {
        signs: {
          mission: signed(config.missionKey),
          approval: signed(config.approvalKey),
          scheduler: signed(config.schedulerKey),
          'email-bridge': signed(config.emailBridgeKey),
          notifier: signed(config.notifierKey),
        },
      } satisfies CallerKeys,
    },
    /** Undefined if users have no tokens. */
    tokens: complete ? { jwksUrl, issuer, audience, ...claims } : undefined,
  };
}

export type GatewayConfig = ReturnType<typeof gatewayConfig>;

const CLIENT = ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const;

/** What is wrong with the settings of signing in at an identity provider, if any of them is set. */
function faultsOfProvider(
  { issuer, databaseUrl }: { readonly issuer?: string | undefined; readonly databaseUrl?: string | undefined },
  env: Env,
  production: boolean,
): string[] {
  const set = CLIENT.filter((variable) => isSet(env, variable));
  if (set.length === 0) return [];
  const needed = {
    OIDC_ISSUER: issuer,
    DATABASE_URL: databaseUrl,
    ...Object.fromEntries(CLIENT.map((it) => [it, isSet(env, it)])),
  };
  const missing = Object.entries(needed).filter(([, value]) => !value);
  const faults = missing.map(([variable]) => `${variable} is required with ${set[0]}`);
  if (!issuer) return faults;
  const url = URL.parse(issuer);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && (!production || isLoopback(issuer)));
  return isSafe ? faults : [...faults, 'OIDC_ISSUER must start with https:// with OIDC_CLIENT_ID'];
}

const isOrigin = (text: string): boolean => {
  const { pathname, search, hash, username, password } = new URL(text);
  return pathname === '/' && `${search}${hash}${username}${password}` === '';
};
