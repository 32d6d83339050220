export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Of the spec process, when the tests have ended and something still holds it. */
export const LEAK_EXIT_CODE = 86;

/** Read by machines; its shape is a contract. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
