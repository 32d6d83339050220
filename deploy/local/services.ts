/** A service, which `npm start` runs as its container does: `node services/<name>/main.ts`. */
export interface Service {
  /** Name of the folder and of the NATS user. With `_` for `-`, also the name of the role and schema in PostgreSQL. */
  name: string;
  /** Whether the service has a role and schema in PostgreSQL. */
  database: boolean;
  /** The gateway, which callers reach. It has the secret. */
  edge: boolean;
  /**
   * A port for callers. The launcher chooses it before the start: the startup summary names it, and callers must find
   * the service there after a restart.
   */
  port?: { variable: string; default: number };
  /**
   * An agent, which has no access to PostgreSQL or NATS and calls the gateway with a key of its own. It starts when the
   * gateway is ready; the other services run without it.
   */
  agent?: true;
  /** The operator's variables that only this service gets. */
  settings?: readonly string[];
  /** The service keeps files below DATA_DIR. */
  files?: true;
}

export const services: readonly Service[] = [
  {
    name: 'mission',
    database: true,
    edge: false,
    settings: ['MAIL_RECIPIENTS_PER_DAY', 'MAIL_RECIPIENTS_PER_DAY_AGENT', 'MAIL_RECIPIENTS_PER_DAY_CUSTOMER'],
  },
  // The issuer of receipts is PUBLIC_URL, as of links in mail.
  { name: 'approval', database: true, edge: false, settings: ['PUBLIC_URL'] },
  {
    name: 'scheduler',
    database: true,
    edge: false,
    settings: ['AGENT_PUSH_URL', 'AGENT_PUSH_SECRET', 'AGENT_PUSH_ALLOW_PRIVATE', 'RUNS_PER_CUSTOMER'],
  },
  {
    name: 'email-bridge',
    database: true,
    edge: false,
    files: true,
    port: { variable: 'INBOUND_SMTP_PORT', default: 2525 },
    settings: [
      'SMTP_URL',
      'SMTP_ACCESS_TOKEN',
      'SMTP_ACCESS_TOKEN_FILE',
      'IMAP_URL',
      'IMAP_ACCESS_TOKEN',
      'IMAP_ACCESS_TOKEN_FILE',
      'MAIL_DOMAIN',
      'MAIL_ADDRESS',
      'MAIL_TRUSTED_AUTHSERV',
      'INBOUND_SMTP_HOST',
      'INBOUND_SMTP_TLS_CERT_FILE',
      'INBOUND_SMTP_TLS_KEY_FILE',
      'INBOUND_SMTP_CONNECTIONS_PER_ADDRESS',
      'INBOUND_SMTP_UNKNOWN_PER_MINUTE',
      'INBOUND_SMTP_SESSION_SECONDS',
      'SET_ASIDE_MAIL_DAYS',
      'EMAIL_REQUIRES_RECEIPT',
      'INBOUND_LMTP_PORT',
    ],
  },
  // Links in mail begin with PUBLIC_URL; without one, the launcher names the gateway's own address.
  {
    name: 'notifier',
    database: true,
    edge: false,
    settings: ['PUBLIC_URL', 'PUSH_ALLOW_PRIVATE', 'WEBHOOK_ALLOW_PRIVATE', 'ACTION_LINKS_CUSTOMERS'],
  },
  {
    name: 'gateway',
    database: true,
    edge: true,
    port: { variable: 'PORT', default: 8003 },
    settings: [
      'INBOUND_EMAIL_SECRET',
      'RATE_LIMIT_PER_KEY',
      'RATE_LIMIT_PER_SERVICE',
      'RATE_LIMIT_PER_ADDRESS',
      'TRUSTED_PROXIES',
      'PUBLIC_URL',
      'DASHBOARD_DIR',
      'OIDC_JWKS_URL',
      'OIDC_ISSUER',
      'OIDC_AUDIENCE',
      'OIDC_CUSTOMER_CLAIM',
      'OIDC_CLIENT_ID',
      'OIDC_CLIENT_SECRET',
      'OIDC_OPERATOR_CLAIM',
      'OPERATOR_USER_IDS',
      'OPERATOR_NATS_URL',
    ],
  },
  {
    name: 'agent',
    database: false,
    edge: false,
    agent: true,
    port: { variable: 'AGENT_PORT', default: 8004 },
    settings: [
      ...[
        'MISSIONS_URL',
        'MISSIONS_KEY',
        'AGENT_API_KEYS',
        'DEFAULT_USER_ID',
        'MODEL_PROVIDER',
        'MODEL_BASE_URL',
        'MODEL_API_KEY',
        'MODEL_NAME',
      ],
      ...['AGENT_MAX_STEPS', 'AGENT_MAX_SECONDS', 'AGENT_MAX_TOKENS', 'AGENT_RUNS', 'AGENT_LEASE_SECONDS'],
    ],
  },
];

export function roleOf(service: Service): string {
  return service.name.replaceAll('-', '_');
}
