import { type Env, integer, oneOf, readConfig, secret, string, url } from '@missions/runtime/config.ts';
import { logLevels } from '@missions/runtime/logger.ts';

export const gatewayConfig = (env: Env = process.env) =>
  readConfig(env, {
    port: integer('PORT', { default: 8003, min: 0, max: 65_535 }),
    /** Loopback by default; a container sets `0.0.0.0`. */
    host: string('HOST', { default: '127.0.0.1' }),
    natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }),
    serviceSecret: secret('HUB_SERVICE_SECRET', { minLength: 16 }),
    /** The database of the agents' keys; without it only the service secret is accepted. */
    databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], optional: true }),
    /** Requests per second and credential, in each copy of the gateway; 0 means no limit. */
    keyRate: integer('RATE_LIMIT_PER_KEY', { default: 50, min: 0 }),
    serviceRate: integer('RATE_LIMIT_PER_SERVICE', { default: 0, min: 0 }),
    /**
     * The key set of the operator's identity provider, for `/api/v1`; without it `/api/v1` accepts the service secret
     * only.
     */
    jwksUrl: url('OIDC_JWKS_URL', { protocols: ['https:', 'http:'], optional: true }),
    issuer: string('OIDC_ISSUER', { optional: true }),
    audience: string('OIDC_AUDIENCE', { optional: true }),
    /** The claim that names the customer. Tokens without that claim belong to the default customer. */
    customerClaim: string('OIDC_CUSTOMER_CLAIM', { default: 'customer_id' }),
    /**
     * The secret with which a mail provider signs inbound mail (`whsec_…` with base64, or any text); without it that
     * webhook does not exist.
     */
    inboundEmailSecret: secret('INBOUND_EMAIL_SECRET', { optional: true, minLength: 24 }),
    defaultCustomerId: string('DEFAULT_CUSTOMER_ID', { default: 'default' }),
    logLevel: oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
  });
