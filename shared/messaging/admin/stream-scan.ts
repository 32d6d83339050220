import { AckPolicy, DeliverPolicy, type JsMsg, type JetStreamManager, nanos } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { natsProblem, undefinedIfNotFound } from '../errors.ts';
import { names } from '../headers.ts';

/** The only consumer name that the server's permissions allow an operator. The consumer is deleted after the scan. */
export const SCAN_CONSUMER = 'operator';

const BATCH = 1_000;
const EXPIRES_MS = 5_000;

/** Visits every message that the stream holds now, in order and without its body. None if there is no such stream. */
export async function scanStream(
  connection: Connection,
  stream: StreamName,
  visit: (message: JsMsg) => void,
): Promise<void> {
  try {
    const manager = await connection.nc.jetstreamManager({ checkAPI: false });
    const last = await lastSequence(manager, stream);
    if (last === undefined) return;
    await deleteConsumer(manager, stream);
    await manager.consumers.add(stream, {
      name: SCAN_CONSUMER,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.None,
      headers_only: true,
      mem_storage: true,
      inactive_threshold: nanos(60_000),
    });
    const consumer = await connection.nc.jetstream({ checkAPI: false }).consumers.get(stream, SCAN_CONSUMER);
    for (let more = true; more;) {
      more = false;
      for await (const message of await consumer.fetch({ max_messages: BATCH, expires: EXPIRES_MS })) {
        // Messages that came after the scan began are left out, or the scan of a busy stream would not end.
        if (message.seq <= last) visit(message);
        more = message.seq < last && message.info.pending > 0;
        if (!more) break;
      }
    }
    await deleteConsumer(manager, stream);
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
  await scanStream(connection, stream, ({ headers }) => {
    const id = headers?.get('ce-id') || headers?.get(names.messageId);
    if (id) ids.add(id);
  });
  return ids;
}

/** Undefined if the stream is empty or does not exist. */
async function lastSequence(manager: JetStreamManager, stream: StreamName): Promise<number | undefined> {
  const info = await manager.streams.info(stream).catch(undefinedIfNotFound);
  return info && info.state.messages > 0 ? info.state.last_seq : undefined;
}

/** Before a scan too: the consumer of an interrupted scan would go on from its position. */
async function deleteConsumer(manager: JetStreamManager, stream: StreamName): Promise<void> {
  await manager.consumers.delete(stream, SCAN_CONSUMER).catch(undefinedIfNotFound);
}
