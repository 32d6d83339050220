import type { Effect, Timer } from './decision.ts';
import type { Pending } from './state.ts';

/** The timers of a pending request that have not done their work. A reminder at or after the deadline would remind of nothing. */
export function timersOf({ expires_at, remind_at, reminded_at }: Pending): { timer: Timer; at: string }[] {
  const reminder = remind_at !== null && reminded_at === null && remind_at < expires_at;
  return [{ timer: 'expire', at: expires_at }, ...(reminder ? [{ timer: 'remind' as const, at: remind_at }] : [])];
}

/** Without the one that has just fired. */
export const cancelTimers = (request: Pending, fired?: Timer): Effect[] =>
  timersOf(request).flatMap(({ timer }) => (timer === fired ? [] : [{ kind: 'cancel_timer' as const, timer }]));
