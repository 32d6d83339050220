const FIRST_MS = 5_000;
const LONGEST_MS = 15 * 60_000;

/**
 * How long to wait after the `attempts`-th attempt, in milliseconds: 5 s, 15 s, 45 s … 15 min, spread by a quarter to each side so that what failed
 * together does not come again together. `dice`: 0 to 1.
 */
export function backOff(attempts: number, dice: number): number {
  const wait = Math.min(LONGEST_MS, FIRST_MS * 3 ** Math.max(0, attempts - 1));
  return Math.round(wait * (0.75 + dice / 2));
}
