/**
 * Keyset cursors: the position of a page's last row in the order of the list, so that rows inserted meanwhile neither
 * repeat nor hide others. Opaque to callers, bound to the order they were made for, and never trusted: a cursor that
 * comes back is checked like any input.
 */
export const encodeCursor = (order: string, position: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify([order, ...position])).toString('base64url');

/**
 * The position in a cursor, one part for each check; undefined if the cursor was not made for this order, or not by
 * this service.
 * @param isValid one check for each part of the position.
 */
export function decodeCursor(
  cursor: string,
  order: string,
  isValid: readonly ((part: unknown) => boolean)[],
): unknown[] | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts[0] !== order || parts.length !== isValid.length + 1) return undefined;
  const position = parts.slice(1);
  return isValid.every((valid, index) => valid(position[index])) ? position : undefined;
}
