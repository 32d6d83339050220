import { byProduct } from '@missions/contracts/audit.ts';
import { webhookDisabled, webhookTest } from '@missions/contracts/notifier/webhooks.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { startLoop } from '@missions/runtime/loop.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { Job } from '@missions/service-kit/service.ts';
import type { Context } from '../commands/context.ts';
import { releaseDeliveries } from '../commands/release-deliveries.ts';
import { afterFailure, type Attempt, disabledEventOf } from '../domain/webhook.ts';
import { pruneDeliveries, tellOthers } from '../store/deliveries.ts';
import {
  claimDeliveries,
  type ClaimedDelivery,
  endDelivery,
  lastTakenAt,
  postponeDelivery,
  queueNext,
} from '../store/delivery-queue.ts';
import { disableWebhook, lockWebhook, noteFailing, noteTaken } from '../store/webhooks.ts';

const POLL_MS = 1_000;
/** While something is held: its stream is a moment from being handled so far. */
const SOON_MS = 50;
const AT_ONCE = 250;
const AT_ONCE_PER_ENDPOINT = 5;
/** Longer than an attempt can take. */
const LEASE_MS = 20_000;
const KEPT_MS = 14 * 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;
const PRUNED_AT_ONCE = 2_000;

const results = counter('missions_notifier_webhooks_total', 'Attempts to deliver events to endpoints, by outcome', [
  'outcome',
]);

/**
 * Sends events to the endpoints of customers, each under a lease: what a copy that died had in hand is sent again, with
 * the same `webhook-id`. Each endpoint has a few places of its own, so that one which hangs delays no other.
 */
export function startDelivering(context: Context): Job {
  const { db, clock, logger } = context;
  const name = 'webhooks';
  const busy = new Map<Promise<void>, string>();
  let prunedAt = 0;
  const loop = startLoop({
    name,
    logger,
    intervalMs: POLL_MS,
    async run({ stopping }) {
      const now = clock.now();
      if (now.getTime() - prunedAt >= PRUNE_EVERY_MS) {
        const before = new Date(now.getTime() - KEPT_MS);
        if ((await pruneDeliveries(autocommit(db), before, PRUNED_AT_ONCE)) < PRUNED_AT_ONCE) prunedAt = now.getTime();
      }
      const holds = await releaseDeliveries(context);
      const claimed = await claimDeliveries(autocommit(db), {
        now,
        limit: AT_ONCE - busy.size,
        leasedUntil: new Date(now.getTime() + LEASE_MS),
        perEndpoint: AT_ONCE_PER_ENDPOINT,
        testType: webhookTest,
        busy: countOf(busy.values()),
      });
      for (const delivery of claimed) {
        const one = deliver(context, delivery, stopping)
          // Its lease ends, and it is sent again.
          .catch((error: unknown) => {
            if (!stopping.aborted) logger.warn({ err: error, delivery: delivery.id }, 'a delivery was not booked');
          })
          .finally(() => {
            busy.delete(one);
            loop.wake();
          });
        busy.set(one, delivery.webhook_id);
      }
      return holds ? SOON_MS : undefined;
    },
  });
  const unsubscribe = context.onDeliveriesHeld(() => loop.wake());
  return {
    name,
    check: () => loop.check(),
    async stop() {
      unsubscribe();
      await loop.stop();
      await Promise.all(busy.keys());
    },
  };
}

function countOf(names: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function deliver(context: Context, claimed: ClaimedDelivery, stopping: AbortSignal): Promise<void> {
  const { url, secret, former_secret, event_id: id, body } = claimed;
  const sealed = former_secret === null ? [secret] : [secret, former_secret];
  const began = performance.now();
  const attempt = await context.webhooks.send({ url, sealed, id, body }, stopping);
  const duration_ms = Math.round(performance.now() - began);
  await transaction(context.db, (tx) => book(tx, context, claimed, attempt, duration_ms));
}

/** Holds the endpoint's row: who ends a delivery and who sorts further ones in see each other's work. */
async function book(
  tx: Tx,
  { clock, logger, newId }: Context,
  claimed: ClaimedDelivery,
  attempt: Attempt,
  duration_ms: number,
): Promise<void> {
  const webhook = { customer_id: claimed.customer_id, id: claimed.webhook_id };
  if (!(await lockWebhook(tx, webhook))) return;
  const now = clock.now();
  if (attempt.kind === 'taken') {
    const { status } = attempt;
    if (!(await endDelivery(tx, claimed, 'delivered', { status, duration_ms, error: '' }, now))) return;
    await noteTaken(tx, webhook, now);
    if (claimed.in_order) await queueNext(tx, claimed, now);
    return tx.afterCommit(() => results.inc({ outcome: 'delivered' }));
  }
  const { attempts, first_attempt_at } = claimed;
  const is_test = claimed.type === webhookTest;
  const tried = { attempts, first_attempt_at, is_test, last_taken_at: await lastTakenAt(tx, webhook) };
  const next = afterFailure(tried, now.getTime(), Math.random());
  const result = { status: attempt.status, duration_ms, error: attempt.error };
  const isBooked =
    next.kind === 'again'
      ? await postponeDelivery(tx, claimed, new Date(next.at), result)
      : await endDelivery(tx, claimed, 'undelivered', result, now);
  if (!isBooked) return;
  if (!is_test) await noteFailing(tx, webhook, now, attempt.error);
  if (next.kind === 'again') return tx.afterCommit(() => results.inc({ outcome: 'failed' }));
  tx.afterCommit(() => results.inc({ outcome: 'given_up' }));
  if (!next.disables) return void (claimed.in_order && (await queueNext(tx, claimed, now)));
  const disabled = await disableWebhook(tx, webhook, now);
  if (!disabled) return;
  const id = newId();
  const body = disabledEventOf(id, webhook.customer_id, disabled, now);
  await tellOthers(tx, webhook, { id, type: webhookDisabled, body }, now);
  const target = { kind: 'webhook', id: webhook.id } as const;
  const { customer_id } = webhook;
  await recordDeeds(tx, [
    { customer_id, by: byProduct, action: 'webhook.disabled', target, mission_id: null, result: 'done' },
  ]);
  tx.afterCommit(() => {
    results.inc({ outcome: 'disabled' });
    logger.error({ webhook, reason: attempt.error }, 'an endpoint has taken nothing for three days and was disabled');
  });
}
