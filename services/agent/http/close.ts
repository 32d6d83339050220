import type { Server } from 'node:http';

/** Less than the 5.5 s that `npm start` gives a service before it insists. */
const PATIENCE_MS = 4_000;

/** Stops accepting, lets answers in hand finish, and closes what is left after a bound. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const bound = setTimeout(() => server.closeAllConnections(), PATIENCE_MS);
    server.close((error) => {
      clearTimeout(bound);
      if (error) reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}
