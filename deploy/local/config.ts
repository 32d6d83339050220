import { resolve } from 'node:path';

export interface Settings {
  dataDir: string;
  gateway: {
    host: string;
    port: number;
    /** Then another port would be a surprise. */
    portWasChosen: boolean;
  };
  /** Of somebody who may create roles and schemas; embedded when undefined. */
  databaseUrl: string | undefined;
  natsUrl: string | undefined;
  /** Made when undefined. */
  hubServiceSecret: string | undefined;
  /** For the services: everything but what is told to each of them alone. */
  inherited: NodeJS.ProcessEnv;
}

/** Named to each service by the launcher, if it is to have it at all. */
const OWN = ['DATA_DIR', 'DATABASE_URL', 'NATS_URL', 'PORT', 'HOST', 'HEALTH_PORT', 'HUB_SERVICE_SECRET'];

/** @param root what a relative DATA_DIR is relative to. @throws Error that names every problem. */
export function readSettings(env: NodeJS.ProcessEnv, root: string): Settings {
  const problems: string[] = [];
  const port = env['PORT'] || undefined;
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    problems.push('PORT must be a number from 1 to 65535');
  }
  const url = (name: string, protocols: readonly string[]): string | undefined => {
    const text = env[name] || undefined;
    // NATS takes a list of servers.
    if (text !== undefined && !text.split(',').every((one) => protocols.includes(URL.parse(one.trim())?.protocol ?? ''))) {
      problems.push(`${name} must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
    }
    return text;
  };
  const settings: Settings = {
    dataDir: resolve(root, env['DATA_DIR'] || '.data'),
    gateway: { host: env['HOST'] || '127.0.0.1', port: Number(port ?? 8003), portWasChosen: port !== undefined },
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    natsUrl: url('NATS_URL', ['nats:', 'tls:']),
    hubServiceSecret: env['HUB_SERVICE_SECRET'] || undefined,
    inherited: Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.includes(name))),
  };
  if (problems.length > 0) throw new Error(`The settings are not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  return settings;
}
