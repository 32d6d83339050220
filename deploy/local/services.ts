/** A process that `npm start` runs: `node services/<name>/main.ts`, as in its container. */
export interface Service {
  /** Of its folder; also its user of NATS and, with a database, its role and schema of PostgreSQL (`-` as `_`). */
  name: string;
  database: boolean;
  /** Whether it is the one that callers reach: then it answers `/readyz` on its own port and has the secret; the others have a HEALTH_PORT. */
  edge: boolean;
  /** What else it listens on. Chosen before it starts, because the banner names it and whoever was told of it must find it after a restart. */
  port?: { variable: string; default: number };
  /** It is an agent: without servers of its own, it reaches all through the gateway with a key of its own. Started when that is ready; the rest runs without it. */
  agent?: true;
  /** Variables of the operator's that it is given and no other service is. */
  settings?: readonly string[];
  /** Whether it keeps files of its own below DATA_DIR. */
  files?: true;
}

export const services: readonly Service[] = [
  { name: 'mission', database: true, edge: false },
  { name: 'approval', database: true, edge: false },
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
      'INBOUND_SMTP_HOST',
      'INBOUND_LMTP_PORT',
    ],
  },
  {
    name: 'gateway',
    database: true,
    edge: true,
    port: { variable: 'PORT', default: 8003 },
    settings: ['INBOUND_EMAIL_SECRET'],
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
