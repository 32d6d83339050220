import { VirtualClock } from '@missions/runtime/clock.ts';
import { startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { scheduler } from '../service.ts';

/**
 * A scheduler in a process of its own, which a test can freeze and kill. Its parent sends the time of the virtual
 * clock. After a freeze the process first has the time at which it was frozen, and then handles the times that were
 * sent meanwhile.
 */
const {
  DATABASE_URL: databaseUrl = '',
  NATS_URL: natsUrl = '',
  START = '',
} = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;
const clock = new VirtualClock(new Date(START));
const running = await startInProcess(scheduler, { databaseUrl, natsUrl, clock });
process.on('message', (message) => {
  if (typeof message === 'string') clock.set(new Date(message));
});
process.on('disconnect', () => void running.stop().then(() => process.exit(0)));
process.send?.('ready');
