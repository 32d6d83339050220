/**
 * `npm start`: PostgreSQL and NATS unless they are elsewhere, then every service as a process of its own, as in its container.
 *
 *     settings → lock → orphans → PostgreSQL, NATS → roles → services → ready → banner … signal → services, then servers
 *
 * Whatever ends this process, everything it started ends with it: see supervise.sh.
 */
import { launch } from './launch.ts';

try {
  await launch(process.env);
} catch (error) {
  process.stderr.write(`✗ ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
