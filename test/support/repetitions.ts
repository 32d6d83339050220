/**
 * How often a test repeats what chance may show: a few times in every run, so that all runs together try many cases in
 * little time, and often with LONG=1, before a release or for a rare fault.
 */
export const repetitions = (usually: number, long: number): number =>
  process.env['LONG'] === undefined ? usually : long;
