import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

/**
 * Has the NATS server of `npm start` read its configuration again, which it does on SIGHUP without a break of any
 * connection whose login is still there. @returns false where the folder has no such server
 */
export function reloadNats(dataDir: string): boolean {
  const pidFile = `${dataDir}/nats.pid`;
  if (!existsSync(pidFile)) return false;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  try {
    return pid > 0 && process.kill(pid, 'SIGHUP');
  } catch {
    return false;
  }
}

const TRIES = 100;
const BETWEEN_MS = 50;

/** Resolves once the server accepts the login, or refuses it. @throws Error after five seconds */
export async function whenLogin(
  address: { host: string; port: number; user: string; password: string },
  wanted: 'accepted' | 'refused',
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    if ((await login(address).catch(() => undefined)) === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  throw new Error(`NATS has not read its configuration again: the login of ${address.user} is not ${wanted}.`);
}

/** The first lines of NATS's protocol: CONNECT is answered by an error, or the PING after it by PONG. */
async function login({
  host,
  port,
  user,
  password: pass,
}: Parameters<typeof whenLogin>[0]): Promise<'accepted' | 'refused'> {
  const socket = connect({ host, port, timeout: 2_000 });
  try {
    return await new Promise((resolve, reject) => {
      let heard = '';
      socket.on('error', reject).on('timeout', () => reject(new Error('no answer')));
      socket.on('close', () => reject(new Error('closed')));
      socket.on('data', (data) => {
        if (heard === '') socket.write(`CONNECT ${JSON.stringify({ verbose: false, user, pass })}\r\nPING\r\n`);
        heard += data.toString('latin1');
        if (heard.includes('PONG')) resolve('accepted');
        if (heard.includes('-ERR')) resolve('refused');
      });
    });
  } finally {
    socket.destroy();
  }
}
