import type { Server } from 'node:http';

const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 50;

/**
 * Stops accepting, lets answers in hand finish, and closes what is left after a bound. An idle keep-alive connection would hold it open for seconds, so
 * each is closed once its answer is out: looked for now and then, as the alternative is a listener on every answer that is ever given.
 */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const idle = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
    const bound = setTimeout(() => server.closeAllConnections(), PATIENCE_MS);
    server.close((error) => {
      clearInterval(idle);
      clearTimeout(bound);
      if (error) reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}
