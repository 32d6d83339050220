import { runService } from '@missions/runtime/lifecycle.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import { mission } from '@missions/mission/service.ts';
import { startService } from '@missions/service-kit/service.ts';

/**
 * The mission service on a host whose clock is behind by `BEHIND_MS`. Two hosts' clocks differ, and nothing may come
 * early for it: that is one use of this. The other: what may be asked for a minute at least is due in a second, for
 * the other services go by the database's clock.
 */
const behind = Number(process.env['BEHIND_MS'] ?? 0);
const clock = { ...systemClock, now: () => new Date(Date.now() - behind) };

await runService('mission', (life) => startService(mission, life, mission.config(), { clock }));
