import type { StreamName } from '@missions/contracts/subjects.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { heldStreams, releaseHeld, webhooksHolding } from '../store/delivery-queue.ts';
import { lockWebhook } from '../store/webhooks.ts';
import type { Context } from './context.ts';

const AT_ONCE = 500;
/** An event that nobody can handle becomes a dead letter after about ten minutes: the others wait no longer than this. */
const LONGEST_MS = 60_000;

/**
 * Events are handled by several copies at once, and again after a crash, so that a later one may be here before an
 * earlier one. Each is therefore held until its stream was handled up to it; only then does it get its place in the
 * order of its mission.
 * @returns whether some are still held
 */
export async function releaseDeliveries(context: Context): Promise<boolean> {
  const { db, clock } = context;
  const webhooks = await webhooksHolding(autocommit(db));
  if (webhooks.length === 0) return false;
  // Read before the transactions begin: what was handled up to there is then seen by them.
  const handled = await handledOf(context, await heldStreams(autocommit(db)));
  for (const webhook of webhooks)
    await transaction(db, async (tx) => {
      if (!(await lockWebhook(tx, webhook))) return;
      const now = clock.now();
      await releaseHeld(tx, webhook, { handled, anyway: new Date(now.getTime() - LONGEST_MS), now, limit: AT_ONCE });
    });
  return (await webhooksHolding(autocommit(db))).length > 0;
}

async function handledOf({ bus, logger }: Context, streams: readonly StreamName[]): Promise<Record<string, number>> {
  const handled: Record<string, number> = {};
  for (const stream of streams)
    try {
      const upTo = await bus.handledUpTo(stream);
      if (upTo !== undefined) handled[stream] = upTo;
    } catch (error) {
      logger.info({ err: error, stream }, 'NATS does not say how far a stream was handled; its events are held');
    }
  return handled;
}
