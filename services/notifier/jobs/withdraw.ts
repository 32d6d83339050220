import type { NoticeChannel } from '@missions/contracts/notifier/preferences.ts';
import { startLoop } from '@missions/runtime/loop.ts';
import type { Job } from '@missions/service-kit/service.ts';
import type { Context } from '../commands/context.ts';
import { withdrawSettled } from '../commands/take-back.ts';

const POLL_MS = 1_000;
const AT_ONCE = 10;

/**
 * Withdraws the notices of what was settled: mail as far as it has not left yet, push messages from the screens. Each
 * channel by itself: a push service that hangs holds no mail back.
 */
export function startWithdrawing(context: Context, channel: NoticeChannel): Job {
  const name = `withdrawal of ${channel}`;
  const loop = startLoop({
    name,
    logger: context.logger,
    intervalMs: POLL_MS,
    run: async ({ stopping }) =>
      (await withdrawSettled(context, channel, AT_ONCE, stopping)) === AT_ONCE ? 0 : undefined,
  });
  const unsubscribe = context.onQueued(() => loop.wake());
  return {
    name,
    check: () => loop.check(),
    async stop() {
      unsubscribe();
      await loop.stop();
    },
  };
}
