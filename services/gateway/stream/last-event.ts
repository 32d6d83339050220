import { invalid } from '@missions/contracts/schema.ts';
import { isUuid } from '@missions/runtime/id.ts';

/**
 * Entries become visible in the order of commits, not of ids. A minute covers the longest transaction, and repeats
 * entries rather than missing one.
 */
const REPLAY_OVERLAP_MS = 60_000;

/**
 * The time from which to replay for a client that has seen this id. Ids are UUIDv7 (RFC 9562): the first 48 bits are
 * the milliseconds of their creation.
 * @throws Problem VALIDATION_FAILED for an id that this stream never sent.
 */
export function replayFrom(lastEventId: string | undefined, now: Date): Date {
  if (lastEventId === undefined) return now;
  if (!isUuid(lastEventId) || lastEventId[14] !== '7')
    throw invalid([{ path: 'Last-Event-ID', message: 'must be the id of an event of this stream' }]);
  const at = Number.parseInt(lastEventId.replaceAll('-', '').slice(0, 12), 16);
  return new Date(Math.min(at, now.getTime()) - REPLAY_OVERLAP_MS);
}
