/**
 * `npm start`: starts PostgreSQL and NATS, unless the settings name others, and every service as a process of its
 * own, as in its container.
 *
 *     settings of all services → lock → orphans → PostgreSQL, NATS → roles → services → ready → startup summary
 *     signal → services end → servers end
 *
 * All processes that it started end with it, even if it is killed: see supervise.sh.
 */
import { launch } from './launch.ts';

try {
  await launch(process.env);
} catch (error) {
  process.stderr.write(`✗ ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
