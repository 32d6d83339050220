import { type Span, spansOf } from '@missions/contracts/hours.ts';
import type { WorkingHours } from '@missions/contracts/scheduler/limits.ts';

const DAY_MS = 86_400_000;
/** Hours of one weekday that a clock jumps over are those of the week after. */
const LOOK_AHEAD_DAYS = 15;

/** The hours that the moment is in, or else the next ones; hours that follow without a gap are one span. */
export function hoursAt(at: number, { zone, ...hours }: WorkingHours): Span {
  // Where a calendar has left the day out there may be none in sight: then it is looked at again.
  const later = at + LOOK_AHEAD_DAYS * DAY_MS;
  const [first = { from: later, until: later }, ...others] = spansOf(at, LOOK_AHEAD_DAYS, hours, zone);
  let { until } = first;
  for (const other of others) if (other.from <= until) until = Math.max(until, other.until);
  return { from: first.from, until };
}
