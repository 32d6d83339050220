import type { QuietHours } from '@missions/contracts/notifier/preferences.ts';
import { dayAfter, dayOf, minutesOf, momentOf, weekdayOf } from './zone.ts';

/**
 * Until when the moment's quiet hours last; null if it is in none. They begin on the days that are named, and may end on
 * the day after. Begin and end are moments, so that a clock that is put back does not begin them again.
 */
export function quietUntil(at: number, quiet: QuietHours | null, zone: string): number | null {
  if (quiet === null || quiet.from === quiet.to) return null;
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)];
  const today = dayOf(at, zone);
  for (const day of [dayAfter(today, -1), today]) {
    if (!quiet.weekdays.includes(weekdayOf(day))) continue;
    const end = momentOf(to > from ? day : dayAfter(day), to, zone);
    if (at >= momentOf(day, from, zone) && at < end) return end;
  }
  return null;
}
