import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type Clock, dueBy } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { counter, histogram } from '@missions/runtime/metrics.ts';
import { type DuePoller, startDuePoller } from '@missions/runtime/due-poller.ts';
import { FIRE_BATCH, fireTimers, nextTimer } from '../store/timers.ts';

/**
 * Woken by the timers that this process stores. The replica that stored a timer fires it; if that replica dies, the
 * poll of another one does, which costs one look at an index.
 */
export type TimerFiring = Omit<DuePoller, 'wake'>;

export interface TimerFiringOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** True while the outbox may take no more events: due timers then stay where they are. */
  readonly isOutboxFull?: () => boolean;
  readonly pollMs?: number;
}

const firedTotal = counter('missions_timers_fired_total', 'Timers that fired', ['owner']);
const lateness = histogram(
  'missions_timer_lateness_seconds',
  'From when a timer was due to when it was fired',
  ['owner'],
  [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60, 3_600],
);

export function startTimerFiring({
  db,
  clock,
  logger,
  isOutboxFull = () => false,
  pollMs = 1_000,
}: TimerFiringOptions): TimerFiring {
  const tx = autocommit(db);
  const next = async () => {
    const first = await nextTimer(tx, dueBy(clock));
    return first && { in_ms: first.in_ms, at: first.fire_at };
  };
  const fire = async (stopping: AbortSignal): Promise<number> => {
    let total = 0;
    while (!stopping.aborted && !isOutboxFull()) {
      const fired = await fireTimers(tx, dueBy(clock));
      for (const { owner, late_ms } of fired) {
        firedTotal.inc({ owner });
        lateness.observe({ owner }, late_ms / 1_000);
      }
      total += fired.length;
      if (fired.length < FIRE_BATCH) break;
    }
    if (total > 0) logger.debug({ fired: total }, 'timers fired');
    return total;
  };
  return startDuePoller({ name: 'firing of timers', clock, logger, pollMs, isOutboxFull, next, work: fire });
}
