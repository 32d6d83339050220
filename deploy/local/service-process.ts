import { join } from 'node:path';
import type { Settings } from './config.ts';
import { LogTail, rotate } from '../process/log-tail.ts';
import { ProcessSupervisor } from '../process/process-supervisor.ts';
import type { Suspect } from '../process/orphans.ts';
import { freePort } from '../dev-servers/ports.ts';
import { nodeEnvironment } from './node-environment.ts';
import { becomesReady } from './readiness.ts';
import { roleOf, type Service } from './services.ts';
import { supervise } from '../process/supervised.ts';

export interface ServiceSurroundings {
  root: string;
  dataDir: string;
  logsFolder: string;
  settings: Settings;
  /** By their variables. */
  ports: Record<string, number>;
  hubServiceSecret: string;
  databaseUrls: Record<string, string>;
  natsUrl: (service: string) => string;
  say: (text: string) => void;
}

const READY_WITHIN_MS = 60_000;

export interface ServiceProcess {
  keeper: ProcessSupervisor;
  view: LogTail;
  /** Resolves when it has become ready for the first time. */
  ready: Promise<void>;
}

/** @param told beside what every service is told. */
export function startService(
  service: Service,
  around: ServiceSurroundings,
  told: NodeJS.ProcessEnv = {},
): ServiceProcess {
  const { name } = service;
  const { say } = around;
  const logFile = join(around.logsFolder, `${name}.log`);
  rotate(logFile);
  const view = new LogTail(name, logFile, say);
  let url = '';
  const start = async () => {
    const port = isAsked(service) && service.port ? (around.ports[service.port.variable] ?? 0) : await freePort();
    url = `http://${service.edge ? probeHost(around.settings.host) : '127.0.0.1'}:${port}/readyz`;
    return await supervise({
      name,
      command: process.execPath,
      args: [mainOf(around.root, name)],
      cwd: around.root,
      env: { ...around.settings.inherited, ...environment(service, port, around), ...told },
      pidFile: pidFileOf(around.dataDir, name),
      logFile,
      // Only when we are gone, or when it did not leave in the time that Ctrl-C gives it: then there is no time to be gentle.
      signals: ['TERM', 'KILL'],
      secondsPerSignal: 2,
    });
  };
  const keeper = new ProcessSupervisor({
    name,
    start,
    say,
    restarted: (process) => say(`${name} runs again (process ${process.pid})`),
  });
  const ready = (async () => {
    const process = await (keeper.start() as ReturnType<typeof start>);
    await becomesReady({ process, url, logFile, withinMs: READY_WITHIN_MS, say });
    keeper.guard();
  })();
  return { keeper, view, ready };
}

function environment(service: Service, port: number, around: ServiceSurroundings): NodeJS.ProcessEnv {
  const { settings } = around;
  return {
    // What the operator gives Node comes last, and so wins.
    ...nodeEnvironment(around.dataDir, settings.inherited['NODE_OPTIONS']),
    ...(service.agent ? {} : { NATS_URL: around.natsUrl(service.name) }),
    ...(service.database ? { DATABASE_URL: around.databaseUrls[roleOf(service)] } : {}),
    ...(service.files ? { DATA_DIR: around.dataDir } : {}),
    ...settings.own[service.name],
    ...(service.port ? { [service.port.variable]: String(around.ports[service.port.variable]) } : {}),
    ...(service.edge ? { HOST: settings.host, HUB_SERVICE_SECRET: around.hubServiceSecret } : {}),
    ...(isAsked(service) ? {} : { HEALTH_PORT: String(port) }),
  };
}

/** Whether it answers `/readyz` on its own port. */
const isAsked = ({ edge, agent }: Service): boolean => edge || agent === true;

/** A wildcard address is for listening, not for calling. */
export function probeHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

export function serviceSuspect(root: string, dataDir: string, { name }: Service): Suspect {
  return { name, pidFile: pidFileOf(dataDir, name), mark: mainOf(root, name), signals: ['SIGTERM', 'SIGKILL'] };
}

function mainOf(root: string, name: string): string {
  return join(root, 'services', name, 'main.ts');
}

function pidFileOf(dataDir: string, name: string): string {
  return join(dataDir, `${name}.pid`);
}
