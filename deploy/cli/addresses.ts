import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openSecrets } from '../local/secrets.ts';

/**
 * The servers of the operators' command. Variables of the environment win over the servers of `npm start` in
 * DATA_DIR.
 */
export interface Addresses {
  /** URL of PostgreSQL with the role of that service. @throws UnknownAddress */
  database(service: string): string;
  /** URL of PostgreSQL with the login that made the roles and owns the audit record. @throws UnknownAddress */
  administrator(): string;
  /** URL of NATS with the user of the operators, or the one that makes streams, or erases. @throws UnknownAddress */
  nats(user: 'operator' | 'provisioner' | 'eraser'): string;
  /** Folder of the logins of subscribers, which NATS includes. @throws UnknownAddress */
  subscribers(): string;
  /** Origin of the gateway; undefined if neither GATEWAY_URL nor DATA_DIR names one. */
  gateway(): string | undefined;
  /** Origin at which users open the product. @throws UnknownAddress */
  publicUrl(): string;
  /** Origin of the reference agent; undefined if neither AGENT_URL nor DATA_DIR names one. */
  agent(): string | undefined;
}

/** No address of a server is known. The message names the variable to set. */
export class UnknownAddress extends Error {}

/** @param root the folder that a relative DATA_DIR starts from. */
export function addresses(env: NodeJS.ProcessEnv, root: string): Addresses {
  const dataDir = resolve(root, env['DATA_DIR'] || '.data');
  const readDataFile = <T>(file: string): T | undefined => {
    const path = join(dataDir, file);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
  };
  const portOf = (server: string, variable: string): number => {
    const port = readDataFile<Record<string, number>>('ports.json')?.[server];
    if (port !== undefined) return port;
    throw new UnknownAddress(
      `Nothing was started in ${dataDir}. Start it with npm start, name its folder with DATA_DIR, or give ${variable}.`,
    );
  };
  /** Or what the file holds that `<variable>_FILE` names. */
  const valueOf = (variable: string): string | undefined => {
    const file = env[`${variable}_FILE`];
    return env[variable] || (file && readFileSync(file, 'utf8').trim()) || undefined;
  };
  const running = () => readDataFile<{ address?: string; publicUrl?: string; agent?: string }>('launcher.json');
  return {
    database(service) {
      const role = service.replaceAll('-', '_');
      const variable = `${role.toUpperCase()}_DATABASE_URL`;
      const given = valueOf(variable);
      if (given) return given;
      const port = portOf('postgres', variable);
      return `postgres://${role}:${openSecrets(dataDir).getOrCreate(`${role}_database`)}@127.0.0.1:${port}/postgres`;
    },
    administrator() {
      const given = valueOf('ADMIN_DATABASE_URL');
      if (given) return given;
      const port = portOf('postgres', 'ADMIN_DATABASE_URL');
      return `postgres://postgres:${openSecrets(dataDir).getOrCreate('postgres')}@127.0.0.1:${port}/postgres`;
    },
    nats(user) {
      const prefix = user.toUpperCase();
      const variable = `${prefix}_NATS_URL`;
      const given = valueOf(variable);
      if (given) return given;
      const port = portOf('nats', variable);
      return `nats://${user}:${openSecrets(dataDir).getOrCreate(`${prefix}_NATS_PASSWORD`)}@127.0.0.1:${port}`;
    },
    subscribers() {
      if (env['SUBSCRIBERS_DIR']) return resolve(root, env['SUBSCRIBERS_DIR']);
      portOf('nats', 'SUBSCRIBERS_DIR');
      return join(dataDir, 'subscribers');
    },
    gateway: () => env['GATEWAY_URL'] || running()?.address,
    publicUrl() {
      const url = env['PUBLIC_URL'] || running()?.publicUrl || env['GATEWAY_URL'];
      if (url) return url.replace(/\/$/, '');
      throw new UnknownAddress(
        `Nothing runs in ${dataDir}. Start it with npm start, name its folder with DATA_DIR, or give PUBLIC_URL.`,
      );
    },
    agent: () => env['AGENT_URL'] || running()?.agent,
  };
}
