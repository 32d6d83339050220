export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** Clocks on walls, by `Intl`: the data of all zones, with every change of summer time, come with the platform. */
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  formats.set(zone, format);
  return format;
}

export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** UTC where nobody knows the zone. */
export const knownZone = (zone: string | null): string => (zone !== null && isZone(zone) ? zone : 'UTC');

/** What a clock of the zone shows, as the milliseconds of the same reading in UTC. */
function shown(at: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const QUARTER = 15 * MINUTE;
const MAX_KNOWN = 20_000;
const known = new Map<string, number>();

/** Clocks are put forward and back at quarters of an hour, between which one look is enough. */
function offset(at: number, zone: string): number {
  const quarter = Math.floor(at / QUARTER);
  const key = `${zone} ${quarter}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MAX_KNOWN) known.clear();
  const begin = quarter * QUARTER;
  const read = shown(begin, zone) - begin;
  known.set(key, read);
  return read;
}

const reading = (at: number, zone: string): number => at + offset(at, zone);

/** The day on a calendar of the zone, `2027-01-31`. */
export const dayOf = (at: number, zone: string): string => new Date(reading(at, zone)).toISOString().slice(0, 10);

export const dayAfter = (day: string, days = 1): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

export const weekdayOf = (day: string): Weekday =>
  weekdays[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7] as Weekday;

/** Minutes after midnight of `22:30`. */
export const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/**
 * The first moment of that day at which a clock of the zone shows that time or, when the clock is put forward over it, a
 * later one. When the clock is put back, the time comes twice: the first time counts.
 */
export function momentOf(day: string, minutes: number, zone: string): number {
  const wanted = Date.parse(`${day}T00:00:00Z`) + minutes * MINUTE;
  const before = offset(wanted - DAY, zone);
  const after = offset(wanted + DAY, zone);
  const exact = [wanted - before, wanted - after].filter((at) => reading(at, zone) === wanted);
  if (exact.length > 0) return Math.min(...exact);
  // The clock jumps over it: look for the jump.
  let [early, late] = [wanted - after, wanted - before].toSorted((a, b) => a - b) as [number, number];
  while (late - early > MINUTE) {
    const middle = Math.floor((early + late) / 2 / MINUTE) * MINUTE;
    if (middle <= early) break;
    if (reading(middle, zone) < wanted) early = middle;
    else late = middle;
  }
  return late;
}
