import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openSecrets } from './secrets.ts';

/**
 * `npm run missions -- <command> …`: runs an operators' command of the service that owns what it shows or changes. A command is a program of
 * that service (`services/<name>/operate/<command>.ts`) and needs only its DATABASE_URL; in a container it is started directly. Here the
 * URL comes from `<SERVICE>_DATABASE_URL`, or is that of the embedded PostgreSQL of DATA_DIR.
 */
const owners: Record<string, string> = { keys: 'gateway' };

const root = resolve(import.meta.dirname, '../..');
const [command = '', ...args] = process.argv.slice(2);
const service = owners[command];
if (service === undefined) {
  console.error(`missions <command> …, where the command is one of: ${Object.keys(owners).join(', ')}`);
  process.exit(2);
}

const child = spawn(process.execPath, [join(root, 'services', service, 'operate', `${command}.ts`), ...args], {
  stdio: 'inherit',
  env: { ...process.env, DATABASE_URL: databaseUrl(service) },
});
child.on('exit', (code) => process.exit(code ?? 1));

function databaseUrl(name: string): string {
  const variable = `${name.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
  const given = process.env[variable];
  if (given) return given;
  const dataDir = resolve(root, process.env['DATA_DIR'] || '.data');
  const portsFile = join(dataDir, 'ports.json');
  if (!existsSync(portsFile)) {
    console.error(`Nothing was started in ${dataDir}. Start it with npm start, name its folder with DATA_DIR, or give ${variable}.`);
    process.exit(2);
  }
  const { postgres } = JSON.parse(readFileSync(portsFile, 'utf8')) as { postgres: number };
  const role = name.replaceAll('-', '_');
  return `postgres://${role}:${openSecrets(dataDir).of(`${role}_database`)}@127.0.0.1:${postgres}/postgres`;
}
