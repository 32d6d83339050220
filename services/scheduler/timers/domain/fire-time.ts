const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Converts an RFC 3339 time to the stored form: UTC, in milliseconds, rounded up. A timer never fires early, and
 * rounding `.0004` to the nearest millisecond would fire it 0.4 ms before its time.
 */
export function fireTime(text: string): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const beyond = /[1-9]/.test(fraction.slice(3)) ? 1 : 0;
  return new Date(Math.min(Date.parse(text) + beyond, LATEST)).toISOString();
}
