import type { Program } from '@missions/test-support/program.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { LoadEnvironment } from './load-environment.ts';
import type { Load } from './load.ts';

/** Exit code of the shell that watches a process, after `kill -9` ended the process. */
const KILLED = 137;
/** Acknowledged writes between two kills, so that each kill hits a working process under load. */
const WRITES_BETWEEN = 8;

const working = async (load: Load): Promise<unknown> => {
  const before = load.count();
  return await waitUntil(() => load.count() >= before + WRITES_BETWEEN, {
    what: 'writes that go on',
  });
};

/** A start whose process ends by `kill -9`, possibly before it is ready. */
async function startToDie(it: Program, env: Record<string, string>): Promise<void> {
  const failed = await it.start(env).then(
    () => undefined,
    (error: unknown) => error,
  );
  await waitUntil(() => !it.running, { what: `the death of ${it.name}` });
  const { code } = await it.exited;
  if (code !== KILLED)
    throw failed instanceof Error
      ? failed
      : new Error(`${it.name} ended with ${code} and should have been killed:\n${it.logTail()}`);
}

export type CrashPoint = 'afterRead' | 'afterPublish';

/**
 * Starts the mission service to be killed at a point of its relay, and returns whether it was killed there: between
 * commit and publish there are pending events that no consumer received, between publish and mark some were received.
 * The process stays down.
 */
export async function killMissionAt(
  point: CrashPoint,
  { product: { mission }, pending, listener }: LoadEnvironment,
  pass: number,
): Promise<boolean> {
  await startToDie(mission, { CRASH: `${point}:${pass}` });
  const left = await pending();
  await listener.caughtUp();
  const received = new Set(listener.passed.map((message) => message.headers['ce-id']?.[0]));
  return left.some((id) => received.has(id) === (point === 'afterPublish'));
}

/** Kills the process at a random point of its work; the process stays down. */
export async function killMission({ product: { mission } }: LoadEnvironment, load: Load): Promise<void> {
  await working(load);
  await mission.kill();
}

export async function killNats({ servers }: LoadEnvironment, load: Load): Promise<void> {
  await working(load);
  await servers.killNats();
  await servers.startNats();
}

export async function killPostgres({ servers }: LoadEnvironment, load: Load): Promise<void> {
  await working(load);
  await servers.killPostgres();
  await servers.startPostgres();
}

/** Kills the process between the commit of an effect and its acknowledgement; the process stays down. */
export const killProbe = ({ probe }: LoadEnvironment, commits: number): Promise<void> =>
  startToDie(probe, { CRASH_AFTER: String(commits) });
