import { Problem } from '@missions/contracts/errors.ts';

/**
 * Keyset cursors: where the last row of a page stood in its order, so that rows inserted meanwhile neither repeat nor hide others. Opaque to
 * callers, bound to the order they were made for, and never trusted: what comes back is checked like any input.
 */
export const encodeCursor = (order: string, position: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify([order, ...position])).toString('base64url');

/** @throws {Problem} `VALIDATION_FAILED` for a cursor that was not made for this order, or not by us. */
export function decodeCursor(
  cursor: string,
  order: string,
  isValid: readonly ((part: unknown) => boolean)[],
): unknown[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = null;
  }
  if (
    !Array.isArray(parts) ||
    parts[0] !== order ||
    parts.length !== isValid.length + 1 ||
    !isValid.every((valid, index) => valid(parts[index + 1]))
  ) {
    throw new Problem(
      'VALIDATION_FAILED',
      'cursor: is not a next_cursor of this list in this order. Leave it out to start at the first page.',
      {
        errors: [{ path: 'cursor', message: 'is not a next_cursor of this list in this order' }],
      },
    );
  }
  return parts.slice(1);
}
