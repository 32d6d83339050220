/** Times as people read them, in their own zone and language: relative ones, and the absolute one beside them. By `Intl`. */

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** `in 3 hours`, `yesterday`, `now`. */
export function relativeTime(time: string, now: number, locale?: string): string {
  const seconds = (Date.parse(time) - now) / 1_000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', Infinity];
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return format.format(size === Infinity ? 0 : Math.trunc(seconds / size), unit);
}

/** `Tue, 1 Dec 2026, 10:00`, with the zone where it is not the browser's own. */
export function absoluteTime(time: string, { locale, zone }: { locale?: string; zone?: string } = {}): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    ...(zone !== undefined && { timeZone: zone }),
  }).format(new Date(time));
}
