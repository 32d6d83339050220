import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { emailBridge } from '@missions/email-bridge/service.ts';
import { notifier } from '@missions/notifier/service.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { startService } from '@missions/service-kit/service.ts';

/**
 * The notifier or the e-mail bridge as a process of its own, whose virtual clock is a file: a test moves it, kills the
 * process, and starts it again at the time that it is then.
 */
const file = process.env['CLOCK_FILE'] ?? '';
const now = (): number => Number(readFileSync(file, 'utf8'));
const clock: Clock = {
  kind: 'virtual',
  now: () => new Date(now()),
  async sleep(milliseconds, signal) {
    const until = now() + milliseconds;
    while (now() < until && !signal?.aborted) await pause(50);
  },
};

if (process.env['SERVICE'] === 'notifier')
  await runService('notifier', (life) => startService(notifier, life, notifier.config(), { clock }));
else await runService('email-bridge', (life) => startService(emailBridge, life, emailBridge.config(), { clock }));
