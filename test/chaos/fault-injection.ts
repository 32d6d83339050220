import type { Program } from '@missions/test-support/program.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { LoadEnvironment } from './load-environment.ts';
import type { Load } from './load.ts';

/** Of the shell that watches a process, when `kill -9` ended it. */
const KILLED = 137;
/** Acknowledged writes between two kills: each happens under load, to something that works. */
const WRITES_BETWEEN = 8;

const working = async (load: Load): Promise<unknown> => {
  const before = load.count();
  return await waitUntil(() => load.count() >= before + WRITES_BETWEEN, {
    withinMs: 20_000,
    what: 'writes that go on',
  });
};

/** A start that ends by `kill -9`, be it before the process is ready. */
async function startToDie(it: Program, env: Record<string, string>): Promise<void> {
  const failed = await it.start(env).then(
    () => undefined,
    (error: unknown) => error,
  );
  await waitUntil(() => !it.running, { withinMs: 20_000, what: `the death of ${it.name}` });
  const { code } = await it.exited;
  if (code !== KILLED)
    throw failed instanceof Error
      ? failed
      : new Error(`${it.name} ended with ${code} and should have been killed:\n${it.logTail()}`);
}

export type CrashPoint = 'afterRead' | 'afterPublish';

/**
 * Starts the mission service to die at a point of its relay, and answers whether it died where it should: between
 * commit and publish there are pending events that nobody has heard, between publish and mark there are some that
 * were heard. Leaves it dead.
 */
export async function killMissionAt(
  point: CrashPoint,
  { product: { mission }, pending, listener }: LoadEnvironment,
  pass: number,
): Promise<boolean> {
  await startToDie(mission, { CRASH: `${point}:${pass}` });
  const left = await pending();
  await listener.caughtUp();
  const heard = new Set(listener.passed.map((message) => message.headers['ce-id']?.[0]));
  return left.some((id) => heard.has(id) === (point === 'afterPublish'));
}

/** Wherever it is just then; leaves it dead. */
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

/** Between the commit of an effect and its acknowledgement; the process is left dead. */
export const killProbe = ({ probe }: LoadEnvironment, commits: number): Promise<void> =>
  startToDie(probe, { CRASH_AFTER: String(commits) });
