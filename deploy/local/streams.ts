import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrphanCandidate } from '../process/orphans.ts';
import { ProcessSupervisor } from '../process/process-supervisor.ts';
import { supervise } from '../process/supervised.ts';
import type { LaunchContext } from './service-process.ts';

const PROVISION = 'shared/service-kit/admin/provision.ts';
const KEEP = 'shared/service-kit/admin/keep-streams.ts';
const ERASE = 'shared/service-kit/admin/erase-messages.ts';
/** The services come first. */
const FIRST_ERASURE_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Makes the streams and consumers of NATS by the program behind `missions provision`, as the deployment of the
 * containers does: the services' own logins may not. It is a process of its own, because the launcher imports nothing
 * of the product. @throws Error with what the program says.
 */
export async function provisionStreams(
  { root, dataDir }: Pick<LaunchContext, 'root' | 'dataDir'>,
  natsUrl: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(process.execPath, [join(root, PROVISION)], {
    cwd: root,
    env: { ...env, ...mirrors(dataDir), NATS_URL: natsUrl },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0)
    throw new Error(
      `The streams and consumers cannot be made at ${new URL(natsUrl.split(',')[0] ?? '').host}: ${said.trim()}\n` +
        '  With a NATS server of your own, NATS_URL names a login that may make them (deploy/README.md).',
    );
}

/** Subscribers read mirrors of the streams, which are made where there is a subscriber (decision 0030). */
function mirrors(dataDir: string): NodeJS.ProcessEnv {
  const file = join(dataDir, 'subscribers', 'subscribers.json');
  return existsSync(file) && readFileSync(file, 'utf8').includes('"name"') ? { EVENT_MIRRORS: 'true' } : {};
}

type KeeperContext = Pick<LaunchContext, 'root' | 'dataDir' | 'logsFolder' | 'say'>;

/** Makes streams and consumers again that have gone while the product runs, as a container beside the services does. */
export async function keepStreams(
  { root, dataDir, logsFolder, say }: KeeperContext,
  natsUrl: string,
  env: NodeJS.ProcessEnv,
): Promise<ProcessSupervisor> {
  const start = () =>
    supervise({
      name: 'keep-streams',
      command: process.execPath,
      args: [join(root, KEEP)],
      cwd: root,
      env: { ...env, ...mirrors(dataDir), NATS_URL: natsUrl },
      pidFile: keeperPidFile(dataDir),
      logFile: join(logsFolder, 'keep-streams.log'),
      signals: ['TERM', 'KILL'],
      secondsPerSignal: 2,
    });
  const supervisor = new ProcessSupervisor({ name: 'keep-streams', start, say });
  await supervisor.start();
  supervisor.restartOnExit();
  return supervisor;
}

export const keeperOrphan = (dataDir: string): OrphanCandidate => ({
  name: 'keep-streams',
  pidFile: keeperPidFile(dataDir),
  commandPart: KEEP,
  signals: ['SIGTERM', 'SIGKILL'],
});

const keeperPidFile = (dataDir: string): string => join(dataDir, 'keep-streams.pid');

/**
 * Overwrites, soon after the start and then once a day, what the streams still hold of erased missions, by the program
 * behind `missions erase-messages`. @returns what ends it
 */
export function eraseMessagesDaily(
  root: string,
  natsUrl: string,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): () => void {
  let child: ChildProcess | undefined;
  const erase = (): void => {
    child = spawn(process.execPath, [join(root, ERASE)], {
      cwd: root,
      env: { ...env, NATS_URL: natsUrl },
      stdio: 'ignore',
    });
    child.on('error', () => {});
    child.on('exit', (code) => {
      if (code !== null && code !== 0)
        say('What streams hold of erased missions could not be overwritten; the next try is in a day');
    });
  };
  const first = setTimeout(erase, FIRST_ERASURE_MS);
  const daily = setInterval(erase, DAY_MS);
  return () => {
    clearTimeout(first);
    clearInterval(daily);
    child?.kill();
  };
}
