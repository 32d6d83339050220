/**
 * A durable timer (specification sections 3.7 and 8), one for each owner and key:
 *
 *     (unknown) ──set──▶ pending ──its time──▶ fired
 *         │               │    ▲                │
 *         │             cancel  └──set──────────┤
 *         └──cancel──▶ cancelled ◀──cancel──────┘
 *
 * Sets and cancels may arrive in any order, more than once, and while the timer fires. The owner numbers them: the
 * highest revision holds, and of two with the same revision the first. A fired or cancelled timer is therefore stored
 * on as a tombstone, which outranks a set that arrives late. Each revision has one outcome: it fired, or a higher
 * revision replaced it before it could fire.
 */
export type Timer =
  | { readonly status: 'pending'; readonly revision: number; readonly fire_at: string }
  | { readonly status: 'fired'; readonly revision: number; readonly fire_at: string; readonly fired_at: string }
  | { readonly status: 'cancelled'; readonly revision: number; readonly cancelled_at: string };

export type TimerCommand =
  | { readonly type: 'Set'; readonly revision: number; readonly fire_at: string }
  | { readonly type: 'Cancel'; readonly revision: number; readonly at: string }
  | { readonly type: 'Fire'; readonly at: string };

/**
 * `moved`: a pending timer got a new time. `rearmed`: set again after it had fired or was cancelled. `too-late`:
 * cancelled after it had fired. `tombstone`: no timer was pending, and the cancel only outranks older sets.
 */
export type TimerOutcome = 'set' | 'moved' | 'rearmed' | 'cancelled' | 'too-late' | 'tombstone' | 'fired';

export type TimerDecision =
  | { readonly kind: 'moved'; readonly outcome: TimerOutcome; readonly next: Timer }
  | { readonly kind: 'ignored'; readonly reason: 'older-revision' | 'nothing-pending' | 'not-due' };

export function decide(timer: Timer | null, command: TimerCommand): TimerDecision {
  switch (command.type) {
    case 'Set':
      return set(timer, command);
    case 'Cancel':
      return cancel(timer, command);
    case 'Fire':
      return fire(timer, command.at);
    default:
      return command satisfies never;
  }
}

function set(timer: Timer | null, { revision, fire_at }: { revision: number; fire_at: string }): TimerDecision {
  if (timer && revision <= timer.revision) return { kind: 'ignored', reason: 'older-revision' };
  const outcome = timer === null ? 'set' : timer.status === 'pending' ? 'moved' : 'rearmed';
  return { kind: 'moved', outcome, next: { status: 'pending', revision, fire_at } };
}

function cancel(timer: Timer | null, { revision, at }: { revision: number; at: string }): TimerDecision {
  if (timer && revision <= timer.revision) return { kind: 'ignored', reason: 'older-revision' };
  const outcome = timer?.status === 'pending' ? 'cancelled' : timer?.status === 'fired' ? 'too-late' : 'tombstone';
  return { kind: 'moved', outcome, next: { status: 'cancelled', revision, cancelled_at: at } };
}

/** Times are RFC 3339 in UTC with milliseconds, which sort as text. */
function fire(timer: Timer | null, at: string): TimerDecision {
  if (timer?.status !== 'pending') return { kind: 'ignored', reason: 'nothing-pending' };
  if (at < timer.fire_at) return { kind: 'ignored', reason: 'not-due' };
  return { kind: 'moved', outcome: 'fired', next: { ...timer, status: 'fired', fired_at: at } };
}
