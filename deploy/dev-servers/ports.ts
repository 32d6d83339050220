import { readFileSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

const LOOPBACK = '127.0.0.1';

/**
 * Ports below the range from which systems take the local ports of outgoing connections (Linux: 32768 on). Within it, a
 * connection might hold the port when the server starts.
 */
const FROM = 20_000;
const BELOW = 32_768;

/**
 * A loopback port that is free at this moment, and that no other call is answered, in any process, while this one lives:
 * whoever asks for a port listens on it seconds later, when all that it starts has its ports.
 * @throws Error after 100 attempts.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FROM, BELOW);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new Error(`No free port from ${FROM} to ${BELOW - 1}`);
}

/**
 * The mark of a reserved port is a UDP socket of the same number: it leaves the TCP port to its server, and the system
 * closes it with its process, however that ends.
 */
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const mark = createSocket('udp4').unref();
    mark.once('error', () => {
      mark.close();
      resolve(false);
    });
    mark.bind({ port, address: LOOPBACK, exclusive: true }, () => resolve(true));
  });
}

/** Whether this user can listen on the port now. */
export function isFree(port: number, host: string = LOOPBACK): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The first free port of `count` ports from `port` on; undefined if there is none. */
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
  /** The environment variable that sets the port. */
  variable: string;
  port: number;
  host: string;
  /** The operator set the variable. Such a port is not replaced by another. */
  wasChosen: boolean;
}

/**
 * Answers a port for each variable: the wanted port, or the next free one if the wanted port is taken and is a default.
 * @throws Error if a port that the operator chose is taken.
 */
export async function choosePorts(
  wanted: readonly WantedPort[],
  say: (text: string) => void,
): Promise<Record<string, number>> {
  const chosen: Record<string, number> = {};
  // The services do not listen yet, so `isFree` alone does not protect a port that another service wants.
  const reserved = new Set(wanted.map(({ port }) => port));
  for (const { variable, port, host, wasChosen } of wanted) {
    if (await isFree(port, host)) {
      chosen[variable] = port;
      continue;
    }
    if (wasChosen)
      throw new Error(`Port ${port} on ${host} is taken, or not ours to take. Set ${variable} to another one.`);
    const replacement = await nextFree(port + 1, host, 50, reserved);
    if (replacement === undefined) throw new Error(`No free port on ${host} near ${port}. Set ${variable}.`);
    say(`Port ${port} is taken: using ${replacement}. Set ${variable} to choose.`);
    reserved.add(replacement);
    chosen[variable] = replacement;
  }
  return chosen;
}

/**
 * The port that `file` has for `name`, while it is free; else a new one, which is stored. An operator's open session
 * thus finds the server again after a restart.
 */
export async function rememberedPort(file: string, name: string): Promise<number> {
  const last = readPorts(file)[name];
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
