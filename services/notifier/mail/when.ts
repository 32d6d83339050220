import type { Reader } from '../domain/notice.ts';

type Zoned = Pick<Reader, 'language' | 'time_zone'>;

/** `Tuesday, 2 June 2026 at 14:00 CEST`: in the reader's zone, which is named, as mail is read in any. */
export const timeFor = (reader: Zoned, time: string): string =>
  formatFor(reader, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(time));

/** Of a local date, `2026-06-02`. */
export const dayFor = ({ language }: Zoned, day: string): string =>
  formatFor({ language, time_zone: 'UTC' }, { weekday: 'long', day: 'numeric', month: 'long' }).format(
    new Date(`${day}T12:00:00Z`),
  );

/** A language or a zone that this system does not know must not keep a deadline from being told. */
function formatFor({ language, time_zone }: Zoned, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  for (const [locale, timeZone] of [
    [language, time_zone],
    ['en-GB', time_zone],
    [language, 'UTC'],
  ] as const)
    try {
      return new Intl.DateTimeFormat(locale, { ...options, timeZone });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
}
