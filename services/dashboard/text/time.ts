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
  return relativeFormat(locale).format(size === Infinity ? 0 : Math.trunc(seconds / size), unit);
}

/** `Tue, 1 Dec 2026, 10:00`, with the zone where it is not the browser's own. */
export function absoluteTime(time: string, { locale, zone }: { locale?: string; zone?: string } = {}): string {
  return absoluteFormat(locale, zone).format(new Date(time));
}

const relativeFormat = kept((locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
const absoluteFormat = kept(
  (locale, timeZone) =>
    new Intl.DateTimeFormat(locale, {
      dateStyle: 'medium',
      timeStyle: 'short',
      ...(timeZone !== undefined && { timeZone }),
    }),
);

/** Making a format takes half a millisecond, and a long list has some for each row: each is made once. */
function kept<Format>(make: (locale?: string, zone?: string) => Format): typeof make {
  const made = new Map<string, Format>();
  return (locale, zone) => {
    const key = `${locale ?? ''} ${zone ?? ''}`;
    const format = made.get(key) ?? make(locale, zone);
    made.set(key, format);
    return format;
  };
}
