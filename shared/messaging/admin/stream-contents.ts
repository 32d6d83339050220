import type { StreamName } from '@missions/contracts/subjects.ts';
import { names } from '../headers.ts';
import type { Connection } from '../connection.ts';
import { scanStream } from './stream-scan.ts';

/**
 * The ids of the events that a stream holds. All of them, because a comparison of last sequences says only that something is missing: a stream
 * that was rolled back goes on counting from where it is, and what was lost lies in its middle.
 */
export async function eventIdsInStream(link: Connection, stream: StreamName): Promise<Set<string>> {
  const held = new Set<string>();
  await scanStream(link, stream, ({ headers }) => {
    const id = headers?.get('ce-id') || headers?.get(names.messageId);
    if (id) held.add(id);
  });
  return held;
}
