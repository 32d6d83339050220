import { readFileSync } from 'node:fs';
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
const NOT_INHERITED: readonly string[] = [
  ...['DATA_DIR', 'DATABASE_URL', 'NATS_URL', 'HOST', 'HEALTH_PORT', 'HUB_SERVICE_SECRET', 'NATS_SYNC'],
  ...callerKeyVariables,
  ...services.flatMap(({ port, settings = [] }) => [...settings, ...(port ? [port.variable] : [])]),
];

/** Of services that are started alone: `npm start` makes their roles, and needs PostgreSQL itself. */
const NOT_FOR_ALL = ['DATABASE_POOLER', 'DATABASE_DIRECT_URL'];

export interface ReadSettings {
  settings: Settings;
  /** Of the settings that the launcher itself reads; those of the services are found by `checkSettings`. */
  problems: readonly string[];
}

/** @param root the folder that a relative DATA_DIR starts from. */
export function readSettings(given: NodeJS.ProcessEnv, root: string): ReadSettings {
  const problems = NOT_FOR_ALL.filter((name) => given[name]).map(
    (name) => `${name} is for single services: with npm start, DATABASE_URL names PostgreSQL itself`,
  );
  const env = withFiles(given, problems);
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

/** With the contents of the files that `<NAME>_FILE` names in the places of these, as the services read them. */
function withFiles(given: NodeJS.ProcessEnv, problems: string[]): NodeJS.ProcessEnv {
  const env = { ...given };
  for (const name of NOT_INHERITED) {
    const variable = `${name}_FILE`;
    const file = env[variable];
    if (!file || NOT_INHERITED.includes(variable)) continue;
    delete env[variable];
    if (env[name]) problems.push(`${name} is set, and so is ${variable}: set one of them`);
    try {
      env[name] ||= readFileSync(file, 'utf8').trim();
      if (!env[name]) problems.push(`${variable} names a file that is empty`);
    } catch {
      problems.push(`${variable} names a file that cannot be read`);
    }
  }
  return env;
}

export const invalidSettings = (problems: readonly string[]): Error =>
  new Error(`The settings are not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);

/** An empty variable counts as unset, but for the one that means something when it is set to nothing. */
const isSet = (env: NodeJS.ProcessEnv, variable: string): boolean =>
  Boolean(env[variable]) || (variable === 'OIDC_CUSTOMER_CLAIM' && env[variable] === '');
