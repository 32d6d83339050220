export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Exit code of a spec process that a handle keeps alive after its tests. */
export const LEAK_EXIT_CODE = 86;

/** Heads the list of failures, which a blank line ends. `.ci/run` finds it by this line, and prints the list again. */
export const FAILED = 'Failed:';

/** Programs parse this line, so its format must not change. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
