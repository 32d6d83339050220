import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

const LOOPBACK = '127.0.0.1';

/** Below the range that systems take the near ends of outgoing connections from (Linux: 32768 on), or one of those might hold it when the server starts. */
const FROM = 20_000;
const BELOW = 32_768;

/** A loopback port that nothing holds at this moment. Drawn at random, so that several starts at once seldom draw the same. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FROM, BELOW);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port from ${FROM} to ${BELOW - 1}`);
}

/** Whether a port can be listened on now, by this user. */
export function isFree(port: number, host: string = LOOPBACK): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The first free one of `count` ports from `port` on. */
export async function nextFree(
  port: number,
  host: string,
  count = 50,
  except: ReadonlySet<number> = new Set(),
): Promise<number | undefined> {
  for (let next = port; next < port + count && next <= 65_535; next++)
    if (!except.has(next) && (await isFree(next, host))) return next;
  return undefined;
}

export interface WantedPort {
  /** That chooses it. */
  variable: string;
  port: number;
  host: string;
  /** Then another one would be a surprise. */
  wasChosen: boolean;
}

/**
 * By variable: the wanted port, or the next free one in the place of a taken one that nobody chose.
 * @throws Error when one that the operator chose is taken.
 */
export async function choosePorts(
  wanted: readonly WantedPort[],
  say: (text: string) => void,
): Promise<Record<string, number>> {
  const chosen: Record<string, number> = {};
  // Nothing listens yet: one that has to move must not land where another wants to be.
  const spoken = new Set(wanted.map(({ port }) => port));
  for (const { variable, port, host, wasChosen } of wanted) {
    if (await isFree(port, host)) {
      chosen[variable] = port;
      continue;
    }
    if (wasChosen)
      throw new Error(`Port ${port} on ${host} is taken, or not ours to take. Set ${variable} to another one.`);
    const other = await nextFree(port + 1, host, 50, spoken);
    if (other === undefined) throw new Error(`No free port on ${host} near ${port}. Set ${variable}.`);
    say(`Port ${port} is taken: using ${other}. Set ${variable} to choose.`);
    spoken.add(other);
    chosen[variable] = other;
  }
  return chosen;
}

/** Ports that nobody chose: the one of the last start while it is free, so that an operator's open session finds the server again. */
export async function rememberedPort(file: string, name: string): Promise<number> {
  const known = readPorts(file);
  const last = known[name];
  const port = last !== undefined && (await isFree(last)) ? last : await freePort();
  if (port !== last) writeFileSync(file, JSON.stringify({ ...readPorts(file), [name]: port }));
  return port;
}

function readPorts(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
