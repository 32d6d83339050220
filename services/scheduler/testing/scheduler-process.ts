import { VirtualClock } from '@missions/runtime/clock.ts';
import { runScheduler } from './running.ts';

/**
 * A scheduler in a process of its own, which a test can freeze and kill, with a clock that its parent moves. A frozen one wakes with the time at
 * which it fell asleep, and catches up.
 */
const {
  DATABASE_URL: databaseUrl = '',
  NATS_URL: natsUrl = '',
  START = '',
} = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;
const clock = new VirtualClock(new Date(START));
const scheduler = await runScheduler({ databaseUrl, natsUrl, clock });
process.on('message', (message) => {
  if (typeof message === 'string') clock.set(new Date(message));
});
process.on('disconnect', () => void scheduler.stop().then(() => process.exit(0)));
process.send?.('ready');
