import { resolve } from 'node:path';
import { type Sync, syncs } from '../dev-servers/embedded-nats.ts';
import type { WantedPort } from '../dev-servers/ports.ts';
import { callerKeyVariables } from './caller-keys.ts';
import { services } from './services.ts';

export interface Settings {
  dataDir: string;
  /** The gateway listens on this address. */
  host: string;
  /** Ports of the services that have one, in the order of `services`. */
  ports: WantedPort[];
  /** URL of a role that may create roles and schemas. Undefined: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Undefined: the embedded NATS. */
  natsUrl: string | undefined;
  /** How the embedded NATS flushes messages to the disk. */
  natsSync: Sync;
  /** Undefined: a secret is created. */
  hubServiceSecret: string | undefined;
  /** The variables that all services get: the launcher's environment without those that it sets itself. */
  inherited: NodeJS.ProcessEnv;
  /** By service: the variables that only this service gets. */
  perService: Record<string, NodeJS.ProcessEnv>;
}

/** Variables that no service inherits. The launcher gives each of them to the services that need it. */
const NOT_INHERITED = [
  ...['DATA_DIR', 'DATABASE_URL', 'NATS_URL', 'HOST', 'HEALTH_PORT', 'HUB_SERVICE_SECRET', 'NATS_SYNC'],
  ...callerKeyVariables,
  ...services.flatMap(({ port, settings = [] }) => [...settings, ...(port ? [port.variable] : [])]),
];

export interface ReadSettings {
  settings: Settings;
  /** Of the settings that the launcher itself reads; those of the services are found by `checkSettings`. */
  problems: readonly string[];
}

/** @param root the folder that a relative DATA_DIR starts from. */
export function readSettings(env: NodeJS.ProcessEnv, root: string): ReadSettings {
  const problems: string[] = [];
  const host = env['HOST'] || '127.0.0.1';
  const ports = services.flatMap(({ edge, port }): WantedPort[] => {
    if (!port) return [];
    const { variable } = port;
    const chosen = env[variable] || undefined;
    if (chosen !== undefined && !(/^\d+$/.test(chosen) && Number(chosen) >= 1 && Number(chosen) <= 65_535))
      problems.push(`${variable} must be a number from 1 to 65535`);
    return [
      {
        variable,
        port: Number(chosen ?? port.default),
        host: edge ? host : '127.0.0.1',
        wasChosen: chosen !== undefined,
      },
    ];
  });
  const url = (name: string, protocols: readonly string[]): string | undefined => {
    const text = env[name] || undefined;
    // NATS_URL may be a list of servers.
    if (
      text !== undefined &&
      !text.split(',').every((part) => protocols.includes(URL.parse(part.trim())?.protocol ?? ''))
    ) {
      problems.push(
        `${name} must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      );
    }
    return text;
  };
  const natsSync = syncs.find((sync) => sync === (env['NATS_SYNC'] || 'default'));
  if (!natsSync) problems.push(`NATS_SYNC must be ${syncs.join(' or ')}`);
  const settings: Settings = {
    dataDir: resolve(root, env['DATA_DIR'] || '.data'),
    host,
    ports,
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    natsUrl: url('NATS_URL', ['nats:', 'tls:']),
    natsSync: natsSync ?? 'default',
    hubServiceSecret: env['HUB_SERVICE_SECRET'] || undefined,
    inherited: Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_INHERITED.includes(name))),
    perService: Object.fromEntries(
      services.map(({ name, settings = [] }) => [
        name,
        Object.fromEntries(settings.flatMap((variable) => (isSet(env, variable) ? [[variable, env[variable]]] : []))),
      ]),
    ),
  };
  return { settings, problems };
}

export const invalidSettings = (problems: readonly string[]): Error =>
  new Error(`The settings are not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);

/** An empty variable counts as unset, but for the one that means something when it is set to nothing. */
const isSet = (env: NodeJS.ProcessEnv, variable: string): boolean =>
  Boolean(env[variable]) || (variable === 'OIDC_CUSTOMER_CLAIM' && env[variable] === '');
