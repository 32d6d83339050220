import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';

export interface Service {
  image?: string;
  pull_policy?: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  restart?: string;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  pids_limit?: number;
  mem_limit?: string;
  shm_size?: string;
}

export interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

export const text = read('docker-compose.yml');
export const example = parseEnv(read('deploy/env.example'));
/** The example's variables, as an operator fills them in. */
export const filled = Object.fromEntries(
  Object.entries(example).map(([name, value]) => [name, value || `${name}-0123456789abcdef0123456789`]),
);

/**
 * What Compose does before it looks at the file: `${NAME:?message}`, `${NAME:-default}`, `${NAME-default}`, and `$$` for `$`
 * (Compose Specification, "Interpolation").
 */
export function interpolate(env: Record<string, string | undefined>, file = text): string {
  return file.replaceAll(/\$\$|\$\{(\w+)(:?[?-])([^}]*)\}/g, (_, name?: string, operator = '', rest = '') => {
    if (name === undefined) return '$';
    const value = env[name];
    if (value || (value !== undefined && !operator.startsWith(':'))) return value;
    if (operator.endsWith('?')) throw new Error(`${name}: ${rest}`);
    return rest;
  });
}

export const compose = parse(interpolate(filled), { merge: true }) as Compose;
export const ours = readdirSync(`${root}services`, { withFileTypes: true })
  // The page is no process: the gateway serves it.
  .filter(({ name }) => existsSync(`${root}services/${name}/main.ts`))
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
export const service = (name: string): Service => {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
