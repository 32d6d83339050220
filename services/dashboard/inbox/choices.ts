/** Until when an item may be put off, in the zone of the user. */
export interface Choice {
  readonly name: string;
  readonly until: string;
}

const HOUR = 3_600_000;
const MORNING = 9;
const EVENING = 18;

export function putOffChoices(now: number, zone?: string): Choice[] {
  const today = inZone(now, zone);
  const toMonday = ((8 - today.weekday) % 7) + (today.weekday === 1 ? 7 : 0);
  const choices: [string, number][] = [
    ['In an hour', now + HOUR],
    ['This evening', at(now, { day: 0, hour: EVENING }, zone)],
    ['Tomorrow morning', at(now, { day: 1, hour: MORNING }, zone)],
    ['On Monday morning', at(now, { day: toMonday, hour: MORNING }, zone)],
  ];
  const later = choices.filter(([, until], index) => index === 0 || until > now + HOUR);
  return later
    .filter(([, until], index) => later.findIndex(([, other]) => other === until) === index)
    .map(([name, until]) => ({ name, until: new Date(until).toISOString() }));
}

/** That hour of the day that many days from now. */
function at(now: number, { day, hour }: { day: number; hour: number }, zone?: string): number {
  const today = inZone(now, zone);
  const wanted = Date.UTC(today.year, today.month - 1, today.date + day, hour);
  // Where clocks change in between, the first guess is off by that hour; the second is reckoned from there.
  const guess = wanted - offset(wanted, zone);
  return wanted - offset(guess, zone);
}

/** By how much the clocks of the zone are ahead of UTC at that time. */
function offset(time: number, zone?: string): number {
  const { year, month, date, hour, minute } = inZone(time, zone);
  return Date.UTC(year, month - 1, date, hour, minute) - Math.floor(time / 60_000) * 60_000;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What calendar and clock say there. Weekdays are counted from Monday, 1. */
function inZone(time: number, zone?: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    weekday: 'short',
    hourCycle: 'h23',
    ...(zone !== undefined && { timeZone: zone }),
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  return {
    year: number('year'),
    month: number('month'),
    date: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    weekday: DAYS.indexOf(parts.get('weekday') ?? 'Mon') + 1,
  };
}
