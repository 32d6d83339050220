import type { Bench } from './row.ts';

/** Fewer say nothing about how far figures move. */
const LEAST_ROUNDS = 2;

/**
 * A row's share of what is left of the whole run's time, when `rows` are still to come, this one included. Both in
 * ms, as `performance.now` counts.
 */
export const deadlineOf = (now: number, end: number, rows: number): number => now + Math.max(0, end - now) / rows;

/**
 * Whether another round may begin: not beyond what was asked for, nor, once there are enough, beyond the row's
 * share of the time.
 */
export function isRoundDue(
  { options: { rounds }, deadline, say }: Pick<Bench, 'options' | 'deadline' | 'say'>,
  round: number,
  now = performance.now(),
): boolean {
  if (round > rounds) return false;
  if (round <= LEAST_ROUNDS || now < deadline) return true;
  say(`${round - 1} of ${rounds} rounds: the row's share of the time is over (--minutes)`);
  return false;
}
