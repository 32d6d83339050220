import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNats, type Sync } from '../dev-servers/embedded-nats.ts';
import { startPostgres } from '../dev-servers/embedded-postgres.ts';
import { rememberedPort } from '../dev-servers/ports.ts';
import type { OrphanCandidate } from '../process/orphans.ts';
import { ProcessSupervisor } from '../process/process-supervisor.ts';
import { fullDisk } from './data-folder.ts';
import { postgresPassword, type Secrets } from './secrets.ts';

const NATS_CONFIG = readFileSync(new URL('../nats/server.conf', import.meta.url), 'utf8');

export interface ServersOptions {
  dataDir: string;
  logsFolder: string;
  secrets: Secrets;
  natsSync: Sync;
  say: (text: string) => void;
}

export interface SupervisedServer<T> {
  supervisor: ProcessSupervisor;
  /** Resolves when the server is ready. */
  started: Promise<T>;
}

/** The embedded PostgreSQL, restarted on the same port if it ends. `started` resolves to the administrator's URL. */
export async function embeddedPostgres({
  dataDir,
  logsFolder,
  secrets,
  say,
}: ServersOptions): Promise<SupervisedServer<string>> {
  const port = await rememberedPort(join(dataDir, 'ports.json'), 'postgres');
  const password = postgresPassword(dataDir, secrets);
  const start = () =>
    startPostgres({ dataDir: join(dataDir, 'postgres'), logFile: join(logsFolder, 'postgres.log'), password, port });
  const restarted = () => say('PostgreSQL is back');
  const supervisor = new ProcessSupervisor({
    name: 'PostgreSQL',
    start,
    say,
    restarted,
    reason: () => fullDisk(dataDir),
  });
  const started = supervisor.start().then(() => {
    supervisor.restartOnExit();
    return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  });
  return { supervisor, started };
}

/**
 * The embedded NATS, with the same users and permissions as the container. `started` resolves to a function that
 * returns the URL of a service.
 */
export async function embeddedNats({
  dataDir,
  logsFolder,
  secrets,
  natsSync,
  say,
}: ServersOptions): Promise<SupervisedServer<(service: string) => string>> {
  const port = await rememberedPort(join(dataDir, 'ports.json'), 'nats');
  const variables = [...NATS_CONFIG.matchAll(/\$([A-Z_]+_NATS_PASSWORD)\b/g)].map(([, variable]) => variable as string);
  const env = Object.fromEntries(variables.map((variable) => [variable, secrets.getOrCreate(variable)]));
  const start = () =>
    startNats({
      dataDir: join(dataDir, 'nats'),
      logFile: join(logsFolder, 'nats.log'),
      config: NATS_CONFIG,
      sync: natsSync,
      env,
      port,
    });
  const restarted = () => say('NATS is back');
  const supervisor = new ProcessSupervisor({ name: 'NATS', start, say, restarted, reason: () => fullDisk(dataDir) });
  const started = supervisor.start().then(() => {
    supervisor.restartOnExit();
    return (user: string) => {
      const password = secrets.getOrCreate(`${user.toUpperCase().replaceAll('-', '_')}_NATS_PASSWORD`);
      return `nats://${user}:${password}@127.0.0.1:${port}`;
    };
  });
  return { supervisor, started };
}

/** The servers that an earlier start may have left running. */
export function serverOrphans(dataDir: string): OrphanCandidate[] {
  const candidate = (name: string, folder: string, signals: NodeJS.Signals[]): OrphanCandidate => ({
    name,
    pidFile: join(dataDir, `${folder}.pid`),
    commandPart: join(dataDir, folder),
    signals,
  });
  return [
    candidate('PostgreSQL', 'postgres', ['SIGINT', 'SIGQUIT', 'SIGKILL']),
    candidate('NATS', 'nats', ['SIGINT', 'SIGKILL']),
  ];
}
