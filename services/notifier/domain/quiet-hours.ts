import { type Span, spansOf } from '@missions/contracts/hours.ts';
import type { QuietHours } from '@missions/contracts/notifier/preferences.ts';

/** Until when the moment's quiet hours last; null if it is in none. */
export const quietUntil = (at: number, quiet: QuietHours | null, zone: string): number | null =>
  quietTimes(at, 0, quiet, zone).find((one) => at >= one.from && at < one.until)?.until ?? null;

/** Those that have not ended by then and begin on that day or on so many days after it. Equal times are none. */
export const quietTimes = (at: number, days: number, quiet: QuietHours | null, zone: string): Span[] =>
  quiet === null || quiet.from === quiet.to ? [] : spansOf(at, days, quiet, zone);
