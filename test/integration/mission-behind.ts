import { runService } from '@missions/runtime/lifecycle.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import { mission } from '@missions/mission/service.ts';
import { startService } from '@missions/service-kit/service.ts';

/**
 * The mission service on a host whose clock is `BEHIND_MS` behind. It has two uses. The clocks of two hosts differ, and
 * no deadline may end early because of that. And a deadline of a minute, the shortest allowed one, ends within seconds,
 * because the other services use the database's clock.
 */
const behind = Number(process.env['BEHIND_MS'] ?? 0);
const clock = { ...systemClock, now: () => new Date(Date.now() - behind) };

await runService('mission', (life) => startService(mission, life, mission.config(), { clock }));
