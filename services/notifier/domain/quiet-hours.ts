import type { QuietHours } from '@missions/contracts/notifier/preferences.ts';
import { dayAfter, dayOf, minutesOf, momentOf, weekdayOf } from './zone.ts';

/**
 * Until when the moment's quiet hours last; null if it is in none. They begin on the days that are named, and may end on
 * the day after. Begin and end are moments, so that a clock that is put back does not begin them again.
 */
export const quietUntil = (at: number, quiet: QuietHours | null, zone: string): number | null =>
  quietTimes(at, 0, quiet, zone).find((one) => at >= one.from && at < one.until)?.until ?? null;

export interface QuietTime {
  readonly from: number;
  readonly until: number;
}

/** Those that have not ended by then and begin on that day or on so many days after it. */
export function quietTimes(at: number, days: number, quiet: QuietHours | null, zone: string): QuietTime[] {
  if (quiet === null || quiet.from === quiet.to) return [];
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)];
  const today = dayOf(at, zone);
  return Array.from({ length: days + 2 }, (_, index) => dayAfter(today, index - 1))
    .filter((day) => quiet.weekdays.includes(weekdayOf(day)))
    .map((day) => ({ from: momentOf(day, from, zone), until: momentOf(to > from ? day : dayAfter(day), to, zone) }))
    .filter((one) => one.until > at && one.from < one.until);
}
