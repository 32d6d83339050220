import { Problem } from '@missions/contracts/errors.ts';
import { isUuid } from '@missions/runtime/id.ts';

/** Where the last row of a page stood in the order of lists: urgency, time of asking, id. Later rows neither repeat nor hide others. */
export type Position = readonly [rank: number, createdAt: string, id: string];

export const encodeCursor = (position: Position): string => Buffer.from(JSON.stringify(position)).toString('base64url');

/** Opaque to callers, and never trusted: what comes back is checked like any input. @throws {Problem} `VALIDATION_FAILED` */
export function decodeCursor(cursor: string): Position {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = null;
  }
  if (isPosition(parts)) return parts;
  throw new Problem(
    'VALIDATION_FAILED',
    'cursor: is not a next_cursor of this list. Leave it out to start at the first page.',
    {
      errors: [{ path: 'cursor', message: 'is not a next_cursor of this list' }],
    },
  );
}

function isPosition(parts: unknown): parts is Position {
  if (!Array.isArray(parts) || parts.length !== 3) return false;
  const [rank, createdAt, id] = parts as unknown[];
  return (rank === 0 || rank === 1 || rank === 2) && isTime(createdAt) && typeof id === 'string' && isUuid(id);
}

const isTime = (part: unknown): boolean =>
  typeof part === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(part) && !Number.isNaN(Date.parse(part));
