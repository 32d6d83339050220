import { runService } from '@missions/runtime/lifecycle.ts';
import { mission } from '@missions/mission/service.ts';
import { startService } from '@missions/service-kit/service.ts';

/**
 * The mission service as it is deployed, with a crash: `CRASH=<point>:<n>` kills the process (SIGKILL) at the n-th time
 * that its relay passes the point. `afterRead` lies between the commit and the publishing of what was read,
 * `afterPublish` between the publishing and the mark.
 */
const [point, count] = (process.env['CRASH'] ?? '').split(':');
let left = Number(count);

const crashAt = (here: string) => (): void => {
  if (point === here && --left === 0) process.kill(process.pid, 'SIGKILL');
};

await runService('mission', (life) =>
  startService(mission, life, mission.config(), {
    faults: { afterRead: crashAt('afterRead'), afterPublish: crashAt('afterPublish') },
  }),
);
