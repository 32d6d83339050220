import { autocommit } from '@missions/persistence/transaction.ts';
import { startDuePoller } from '@missions/runtime/due-poller.ts';
import type { Job } from '@missions/service-kit/service.ts';
import type { Context } from '../commands/context.ts';
import { takeDueSteps } from '../commands/take-steps.ts';
import { nextDueAt } from '../store/subjects.ts';

const POLL_MS = 1_000;

/** Takes the steps of the ladder when they are due. */
export function startTelling(context: Context): Job {
  const { db, clock, logger, onDueStored } = context;
  const name = 'ladder';
  const poller = startDuePoller({
    name,
    clock,
    logger,
    pollMs: POLL_MS,
    isOutboxFull: () => false,
    async next() {
      const at = await nextDueAt(autocommit(db));
      return at === null ? undefined : { at, in_ms: at - clock.now().getTime() };
    },
    work: () => takeDueSteps(context),
  });
  const unsubscribe = onDueStored((at) => poller.wakeFor(at));
  return {
    name,
    check: () => poller.check(),
    async stop() {
      unsubscribe();
      await poller.stop();
    },
  };
}
