import { dayAfter, dayOf, momentOf } from '@missions/contracts/zone.ts';

/**
 * When the next digest is due: at that hour of a day of the reader's zone that has had none. A day has one at most, also
 * when its reader moves to another zone, or the clock is put back.
 * @param last the reader's day of the last one
 */
export function nextDigest(now: number, hour: number, zone: string, last: string | null): number {
  const today = dayOf(now, zone);
  let day = last !== null && today <= last ? dayAfter(last) : today;
  while (momentOf(day, hour * 60, zone) <= now) day = dayAfter(day);
  return momentOf(day, hour * 60, zone);
}
