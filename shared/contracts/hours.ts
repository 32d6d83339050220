import { type Static, Type } from 'typebox';
import { closed } from './fields.ts';
import { dayAfter, dayOf, minutesOf, momentOf, weekdayOf, weekdays } from './zone.ts';

const TimeOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: '22:30' });

/** On a clock of a zone, on the days on which they begin; `to` before `from` is the next morning. */
export const hourMembers = {
  from: TimeOfDay,
  to: TimeOfDay,
  weekdays: Type.Array(Type.Enum([...weekdays]), { minItems: 1, maxItems: 7, uniqueItems: true }),
};
const Hours = Type.Object(hourMembers, closed);
export type Hours = Static<typeof Hours>;

/** Milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * Those that have not ended by then and begin on that day or on so many days after it. Begin and end are moments, so
 * that a clock that is put back does not begin them again. Equal times are a whole day.
 */
export function spansOf(at: number, days: number, hours: Hours, zone: string): Span[] {
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  const today = dayOf(at, zone);
  return Array.from({ length: days + 2 }, (_, index) => dayAfter(today, index - 1))
    .filter((day) => hours.weekdays.includes(weekdayOf(day)))
    .map((day) => ({ from: momentOf(day, from, zone), until: momentOf(to > from ? day : dayAfter(day), to, zone) }))
    .filter((one) => one.until > at && one.from < one.until);
}
