import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openSecrets } from '../local/secrets.ts';

/** Where an operators' command finds what it works on: as the environment says, or what `npm start` keeps in DATA_DIR. */
export interface Addresses {
  /** Of that service's own role. */
  database(service: string): string;
  /** Of the operators' user. */
  nats(): string;
  /** Of the gateway, if it is known. */
  gateway(): string | undefined;
}

/** The message says which variable to set. */
export class Unknown extends Error {}

export function addresses(env: NodeJS.ProcessEnv, root: string): Addresses {
  const dataDir = resolve(root, env['DATA_DIR'] || '.data');
  const own = <T>(file: string): T | undefined => {
    const path = join(dataDir, file);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
  };
  const port = (server: string, variable: string): number => {
    const found = own<Record<string, number>>('ports.json')?.[server];
    if (found !== undefined) return found;
    throw new Unknown(
      `Nothing was started in ${dataDir}. Start it with npm start, name its folder with DATA_DIR, or give ${variable}.`,
    );
  };
  return {
    database(service) {
      const role = service.replaceAll('-', '_');
      const variable = `${role.toUpperCase()}_DATABASE_URL`;
      if (env[variable]) return env[variable];
      const at = port('postgres', variable);
      return `postgres://${role}:${openSecrets(dataDir).of(`${role}_database`)}@127.0.0.1:${at}/postgres`;
    },
    nats() {
      const variable = 'OPERATOR_NATS_URL';
      if (env[variable]) return env[variable];
      const at = port('nats', variable);
      return `nats://operator:${openSecrets(dataDir).of('OPERATOR_NATS_PASSWORD')}@127.0.0.1:${at}`;
    },
    gateway: () => env['GATEWAY_URL'] || own<{ address?: string }>('launcher.json')?.address,
  };
}
