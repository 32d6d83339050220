/**
 * A durable timer (specification section 3.7 and 8), one per owner and key:
 *
 *     (unknown) ──set──▶ pending ──its time──▶ fired
 *         │               │    ▲                │
 *         │             cancel  └──set──────────┤
 *         └──cancel──▶ cancelled ◀──cancel──────┘
 *
 * Sets and cancels arrive in any order, more than once, and while the timer fires. The owner counts them: the one with the highest revision
 * holds, and of two with the same the first. So what has fired or was cancelled is kept as a tombstone, for a set that comes late to find.
 * A revision has one outcome: it fired, or a higher one took its place before it did.
 */
export type Timer =
  | { readonly status: 'pending'; readonly revision: number; readonly fire_at: string }
  | { readonly status: 'fired'; readonly revision: number; readonly fire_at: string; readonly fired_at: string }
  | { readonly status: 'cancelled'; readonly revision: number; readonly cancelled_at: string };

export type Command =
  | { readonly type: 'Set'; readonly revision: number; readonly fire_at: string }
  | { readonly type: 'Cancel'; readonly revision: number; readonly at: string }
  | { readonly type: 'Fire'; readonly at: string };

/** `too-late`: cancelled when it had fired. `tombstone`: nothing was pending; it only keeps older sets out. */
export type Outcome = 'set' | 'moved' | 'rearmed' | 'cancelled' | 'too-late' | 'tombstone' | 'fired';

export type Decision =
  | { readonly kind: 'moved'; readonly outcome: Outcome; readonly next: Timer }
  | { readonly kind: 'ignored'; readonly because: 'older-revision' | 'nothing-pending' | 'not-due' };

export function decide(timer: Timer | null, command: Command): Decision {
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

function set(timer: Timer | null, { revision, fire_at }: { revision: number; fire_at: string }): Decision {
  if (timer && revision <= timer.revision) return { kind: 'ignored', because: 'older-revision' };
  const outcome = timer === null ? 'set' : timer.status === 'pending' ? 'moved' : 'rearmed';
  return { kind: 'moved', outcome, next: { status: 'pending', revision, fire_at } };
}

function cancel(timer: Timer | null, { revision, at }: { revision: number; at: string }): Decision {
  if (timer && revision <= timer.revision) return { kind: 'ignored', because: 'older-revision' };
  const outcome = timer?.status === 'pending' ? 'cancelled' : timer?.status === 'fired' ? 'too-late' : 'tombstone';
  return { kind: 'moved', outcome, next: { status: 'cancelled', revision, cancelled_at: at } };
}

/** Times are RFC 3339 in UTC with milliseconds, which sort as text. */
function fire(timer: Timer | null, at: string): Decision {
  if (timer?.status !== 'pending') return { kind: 'ignored', because: 'nothing-pending' };
  if (at < timer.fire_at) return { kind: 'ignored', because: 'not-due' };
  return { kind: 'moved', outcome: 'fired', next: { ...timer, status: 'fired', fired_at: at } };
}
