import type { JetStreamManager, StoredMsg } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { natsProblem, undefinedIfNotFound } from '../errors.ts';
import { names } from '../headers.ts';

/** Messages that are read at once. */
const WINDOW = 128;

/**
 * Reads each message from `first` to `last` by its number, and not by a consumer: a login that may make consumers could
 * have the server publish for it (decision 0017). In order of the numbers; those that the stream has lost are left out.
 */
export async function* storedMessages(
  manager: JetStreamManager,
  stream: StreamName,
  { first_seq, last_seq }: { first_seq: number; last_seq: number },
): AsyncGenerator<readonly StoredMsg[]> {
  // An empty stream that never had a message begins at 0, which is no number of a message.
  for (let from = Math.max(1, first_seq); from <= last_seq; from += WINDOW) {
    const sequences = Array.from({ length: Math.min(WINDOW, last_seq - from + 1) }, (_, at) => from + at);
    const read = (seq: number) => manager.streams.getMessage(stream, { seq }).catch(undefinedIfNotFound);
    yield (await Promise.all(sequences.map(read))).filter((message) => message !== undefined && message !== null);
  }
}

/** Visits every message that the stream holds now, in order. None if there is no such stream. */
export async function scanStream(
  connection: Connection,
  stream: StreamName,
  visit: (message: StoredMsg) => void,
): Promise<void> {
  try {
    const manager = await connection.nc.jetstreamManager({ checkAPI: false });
    const info = await manager.streams.info(stream).catch(undefinedIfNotFound);
    // Messages that come after the scan began are left out, or the scan of a busy stream would not end.
    if (info) for await (const messages of storedMessages(manager, stream, info.state)) messages.forEach(visit);
  } catch (error) {
    throw natsProblem(error, `stream ${stream}`);
  }
}

/**
 * The ids of all events that a stream holds. A comparison of last sequences would not show which events are missing: a
 * stream that was rolled back goes on counting from where it is, and its lost events lie in its middle.
 */
export async function eventIdsInStream(connection: Connection, stream: StreamName): Promise<Set<string>> {
  const ids = new Set<string>();
  await scanStream(connection, stream, ({ header }) => {
    const id = header?.get('ce-id') || header?.get(names.messageId);
    if (id) ids.add(id);
  });
  return ids;
}
