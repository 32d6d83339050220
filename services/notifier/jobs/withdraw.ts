import { startLoop } from '@missions/runtime/loop.ts';
import type { Job } from '@missions/service-kit/service.ts';
import type { Context } from '../commands/context.ts';
import { withdrawSettled } from '../commands/take-back.ts';

const POLL_MS = 1_000;
const AT_ONCE = 10;

/** Withdraws the notices of what was settled, as far as they have not left yet. */
export function startWithdrawing(context: Context): Job {
  const name = 'withdrawal of notices';
  const loop = startLoop({
    name,
    logger: context.logger,
    intervalMs: POLL_MS,
    run: async () => ((await withdrawSettled(context, AT_ONCE)) === AT_ONCE ? 0 : undefined),
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
