import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type BlockerTimerPayload, timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerCancelledSubject, timerSetSubject } from '@missions/contracts/scheduler/timers.ts';
import { isOfBridge } from '../domain/email.ts';
import type { Blocker, Mission } from '../domain/state.ts';

export interface TimerEvents {
  readonly before: Mission | null;
  readonly saved: Mission;
  readonly at: string;
  readonly newId: () => string;
  /** The index of the first of them, behind the changes of the same version. */
  readonly from: number;
}

/**
 * Deadlines, as timers of the scheduler's: set in the transaction that opens a wait, cancelled in the one that ends it. A question's deadline is
 * the approval service's, that of a mail's replies the email-bridge's, and a manual block has none (specification section 8, "one deadline and one owner of it").
 */
export function timerEvents({ before, saved, at, newId, from }: TimerEvents): EventEnvelope[] {
  const { customer_id, user_id, id: mission_id, version } = saved;
  const scope = { customer_id, user_id, mission_id };
  const known = new Map(before?.blockers.map((blocker) => [blocker.id, blocker]));
  const events: { type: string; data: object }[] = [];
  for (const blocker of saved.blockers) {
    if (!isOurs(blocker) || known.get(blocker.id) === blocker) continue;
    const timer = { ...scope, owner: 'mission', key: timerKey.blocker(blocker.id) };
    if (blocker.resolved_at === null) {
      events.push({
        type: timerSetSubject,
        data: {
          ...timer,
          revision: 1,
          fire_at: blocker.timeout_at,
          payload: { blocker_id: blocker.id } satisfies BlockerTimerPayload,
        },
      });
    } else if (known.has(blocker.id) && blocker.resolution?.['by'] !== 'timeout') {
      events.push({ type: timerCancelledSubject, data: { ...timer, revision: 2 } });
    }
  }
  return events.map(({ type, data }, offset) => ({
    id: newId(),
    type,
    source: '/services/mission',
    time: at,
    ...scope,
    version,
    index: from + offset,
    data: data as Record<string, unknown>,
  }));
}

const isOurs = (blocker: Blocker): boolean =>
  blocker.timeout_at !== null && blocker.kind !== 'human_input' && !isOfBridge(blocker);
