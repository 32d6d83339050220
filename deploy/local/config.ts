import { resolve } from 'node:path';
import type { WantedPort } from '../dev-servers/ports.ts';
import { services } from './services.ts';

export interface Settings {
  dataDir: string;
  /** The address of the gateway. */
  host: string;
  /** Of the services that have one, in their order. */
  ports: WantedPort[];
  /** Of somebody who may create roles and schemas; embedded when undefined. */
  databaseUrl: string | undefined;
  natsUrl: string | undefined;
  /** Made when undefined. */
  hubServiceSecret: string | undefined;
  /** For the services: everything but what is told to each of them alone. */
  inherited: NodeJS.ProcessEnv;
  /** By service: what is told to it alone. */
  own: Record<string, NodeJS.ProcessEnv>;
}

/** Named to each service by the launcher, if it is to have it at all. */
const OWN = [
  ...['DATA_DIR', 'DATABASE_URL', 'NATS_URL', 'HOST', 'HEALTH_PORT', 'HUB_SERVICE_SECRET'],
  ...services.flatMap(({ port, settings = [] }) => [...settings, ...(port ? [port.variable] : [])]),
];

/** @param root what a relative DATA_DIR is relative to. @throws Error that names every problem. */
export function readSettings(env: NodeJS.ProcessEnv, root: string): Settings {
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
    // NATS takes a list of servers.
    if (
      text !== undefined &&
      !text.split(',').every((one) => protocols.includes(URL.parse(one.trim())?.protocol ?? ''))
    ) {
      problems.push(
        `${name} must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      );
    }
    return text;
  };
  const settings: Settings = {
    dataDir: resolve(root, env['DATA_DIR'] || '.data'),
    host,
    ports,
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    natsUrl: url('NATS_URL', ['nats:', 'tls:']),
    hubServiceSecret: env['HUB_SERVICE_SECRET'] || undefined,
    inherited: Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.includes(name))),
    own: Object.fromEntries(
      services.map(({ name, settings = [] }) => [
        name,
        Object.fromEntries(settings.flatMap((variable) => (env[variable] ? [[variable, env[variable]]] : []))),
      ]),
    ),
  };
  if (problems.length > 0)
    throw new Error(`The settings are not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  return settings;
}
