import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNats } from '../dev-servers/embedded-nats.ts';
import { startPostgres } from '../dev-servers/embedded-postgres.ts';
import { ProcessSupervisor } from '../process/process-supervisor.ts';
import type { Suspect } from '../process/orphans.ts';
import { rememberedPort } from '../dev-servers/ports.ts';
import type { Secrets } from './secrets.ts';

const NATS_CONFIG = readFileSync(new URL('../nats/server.conf', import.meta.url), 'utf8');

export interface ServersOptions {
  dataDir: string;
  logsFolder: string;
  secrets: Secrets;
  say: (text: string) => void;
}

/** The embedded PostgreSQL, kept up on the same port. `started` answers the administrator's URL. */
export async function embeddedPostgres({
  dataDir,
  logsFolder,
  secrets,
  say,
}: ServersOptions): Promise<{ keeper: ProcessSupervisor; started: Promise<string> }> {
  const port = await rememberedPort(join(dataDir, 'ports.json'), 'postgres');
  const password = secrets.of('postgres');
  const start = () =>
    startPostgres({ dataDir: join(dataDir, 'postgres'), logFile: join(logsFolder, 'postgres.log'), password, port });
  const keeper = new ProcessSupervisor({ name: 'PostgreSQL', start, say, restarted: () => say('PostgreSQL is back') });
  const started = keeper.start().then(() => {
    keeper.guard();
    return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  });
  return { keeper, started };
}

/** The embedded NATS, with the users and permissions that the containers have. `started` answers each service's URL. */
export async function embeddedNats({ dataDir, logsFolder, secrets, say }: ServersOptions): Promise<{
  keeper: ProcessSupervisor;
  started: Promise<(service: string) => string>;
}> {
  const port = await rememberedPort(join(dataDir, 'ports.json'), 'nats');
  const variables = [...NATS_CONFIG.matchAll(/\$([A-Z_]+_NATS_PASSWORD)\b/g)].map(([, variable]) => variable as string);
  const env = Object.fromEntries(variables.map((variable) => [variable, secrets.of(variable)]));
  const start = () =>
    startNats({
      dataDir: join(dataDir, 'nats'),
      logFile: join(logsFolder, 'nats.log'),
      config: NATS_CONFIG,
      env,
      port,
    });
  const keeper = new ProcessSupervisor({ name: 'NATS', start, say, restarted: () => say('NATS is back') });
  const started = keeper.start().then(() => {
    keeper.guard();
    return (user: string) =>
      `nats://${user}:${secrets.of(`${user.toUpperCase().replaceAll('-', '_')}_NATS_PASSWORD`)}@127.0.0.1:${port}`;
  });
  return { keeper, started };
}

/** What an earlier start may have left of them. */
export function serverSuspects(dataDir: string): Suspect[] {
  const of = (name: string, folder: string, signals: NodeJS.Signals[]): Suspect => ({
    name,
    pidFile: join(dataDir, `${folder}.pid`),
    mark: join(dataDir, folder),
    signals,
  });
  return [of('PostgreSQL', 'postgres', ['SIGINT', 'SIGQUIT', 'SIGKILL']), of('NATS', 'nats', ['SIGINT', 'SIGKILL'])];
}
