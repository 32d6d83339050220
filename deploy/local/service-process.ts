import { join } from 'node:path';
import { freePort } from '../dev-servers/ports.ts';
import { LogTail, rotate } from '../process/log-tail.ts';
import type { OrphanCandidate } from '../process/orphans.ts';
import { ProcessSupervisor } from '../process/process-supervisor.ts';
import { supervise } from '../process/supervised.ts';
import type { Settings } from './config.ts';
import { fullDisk } from './data-folder.ts';
import { callerKeys } from './caller-keys.ts';
import { nodeEnvironment } from './node-environment.ts';
import { becomesReady } from './readiness.ts';
import type { Secrets } from './secrets.ts';
import { roleOf, type Service } from './services.ts';

/** What one start has decided and set up; the services get their environments from it. */
export interface LaunchContext {
  root: string;
  dataDir: string;
  logsFolder: string;
  settings: Settings;
  secrets: Secrets;
  /** By environment variable. */
  ports: Record<string, number>;
  hubServiceSecret: string;
  /** By role. */
  databaseUrls: Record<string, string>;
  natsUrl: (service: string) => string;
  say: (text: string) => void;
}

const READY_WITHIN_MS = 60_000;

export interface ServiceProcess {
  supervisor: ProcessSupervisor;
  logTail: LogTail;
  /** Resolves when the service is ready for the first time. Rejects if it ends before or is too late. */
  ready: Promise<void>;
}

/** @param extraEnv added to the environment, and wins over the other variables. */
export function startService(
  service: Service,
  context: LaunchContext,
  extraEnv: NodeJS.ProcessEnv = {},
): ServiceProcess {
  const { name } = service;
  const { say } = context;
  const logFile = join(context.logsFolder, `${name}.log`);
  rotate(logFile);
  const logTail = new LogTail(name, logFile, say);
  const reason = () => fullDisk(context.dataDir);
  let url = '';
  const start = async () => {
    const healthPort = await freePort();
    url = `http://127.0.0.1:${healthPort}/readyz`;
    return await supervise({
      name,
      command: process.execPath,
      args: [mainOf(context.root, name)],
      cwd: context.root,
      env: { ...context.settings.inherited, ...environment(service, healthPort, context), ...extraEnv },
      pidFile: pidFileOf(context.dataDir, name),
      logFile,
      // These signals follow only if the launcher is gone, or if the service did not end within the grace of a Ctrl-C.
      // In both cases no time is left for a slow end.
      signals: ['TERM', 'KILL'],
      secondsPerSignal: 2,
    });
  };
  const supervisor = new ProcessSupervisor({
    name,
    start,
    say,
    restarted: (process) => say(`${name} runs again (process ${process.pid})`),
    reason,
  });
  const ready = (async () => {
    const process = await (supervisor.start() as ReturnType<typeof start>);
    await becomesReady({ process, url, logFile, withinMs: READY_WITHIN_MS, say, reason });
    supervisor.restartOnExit();
  })();
  return { supervisor, logTail, ready };
}

/** What the environment of a service is made from. */
type EnvironmentContext = Pick<
  LaunchContext,
  'dataDir' | 'settings' | 'ports' | 'hubServiceSecret' | 'databaseUrls' | 'natsUrl'
> & { secrets: Pick<Secrets, 'getOrCreate'> };

export function environment(service: Service, healthPort: number, context: EnvironmentContext): NodeJS.ProcessEnv {
  const { settings } = context;
  return {
    ...nodeEnvironment(context.dataDir, service.name, settings.inherited),
    ...(service.agent ? {} : { NATS_URL: context.natsUrl(service.name) }),
    ...(service.database ? { DATABASE_URL: context.databaseUrls[roleOf(service)] } : {}),
    ...(service.files ? { DATA_DIR: context.dataDir } : {}),
    ...callerKeys(service, context.secrets),
    ...(service.edge ? operators(context) : {}),
    ...settings.perService[service.name],
    ...(service.port ? { [service.port.variable]: String(context.ports[service.port.variable]) } : {}),
    ...(service.edge ? { HOST: settings.host, HUB_SERVICE_SECRET: context.hubServiceSecret } : {}),
    HEALTH_PORT: String(healthPort),
  };
}

/** The user who gets the sign-in link operates what they have started; users of a provider are named by the operator. */
function operators({ settings, natsUrl }: EnvironmentContext): NodeJS.ProcessEnv {
  const { gateway, agent } = settings.perService;
  return {
    OPERATOR_NATS_URL: natsUrl('operator'),
    ...(gateway?.['OIDC_ISSUER'] ? {} : { OPERATOR_USER_IDS: agent?.['DEFAULT_USER_ID'] ?? 'me' }),
  };
}

/** The host for a call to a server that listens on `host`: a wildcard address cannot be called. */
export function probeHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

export function serviceOrphan(root: string, dataDir: string, { name }: Service): OrphanCandidate {
  return { name, pidFile: pidFileOf(dataDir, name), commandPart: mainOf(root, name), signals: ['SIGTERM', 'SIGKILL'] };
}

function mainOf(root: string, name: string): string {
  return join(root, 'services', name, 'main.ts');
}

function pidFileOf(dataDir: string, name: string): string {
  return join(dataDir, `${name}.pid`);
}
