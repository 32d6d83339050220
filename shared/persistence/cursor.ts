import { Problem } from '@missions/contracts/errors.ts';
import { isUuid } from '@missions/runtime/id.ts';

/**
 * Keyset cursors of lists that are ordered by a time and then by id: the position of a page's last row, so that rows that
 * come meanwhile are neither repeated nor hide others. Opaque to callers, and checked like any other input.
 */
export type TimePosition = readonly [time: string, id: string];

export const cursorAt = (position: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/** Undefined if the text is no cursor at all. */
export function partsOf(cursor: string): readonly unknown[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? (parts as unknown[]) : undefined;
  } catch {
    return undefined;
  }
}

export const isTimePosition = (parts: readonly unknown[] | undefined): parts is TimePosition => {
  const [time, id] = parts ?? [];
  const isTime = typeof time === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time) && !Number.isNaN(Date.parse(time));
  return parts?.length === 2 && isTime && typeof id === 'string' && isUuid(id);
};

/** @throws {Problem} `VALIDATION_FAILED` if the cursor is not one of such a list */
export function timePositionOf(cursor: string): TimePosition {
  const parts = partsOf(cursor);
  if (isTimePosition(parts)) return parts;
  throw noCursor();
}

export function noCursor(): Problem {
  const message = 'is not a next_cursor of this list';
  return new Problem('VALIDATION_FAILED', `cursor: ${message}. Leave it out to start at the first page.`, {
    errors: [{ path: 'cursor', message }],
  });
}
