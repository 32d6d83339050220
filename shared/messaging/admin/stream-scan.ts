import { AckPolicy, DeliverPolicy, type JsMsg, type JetStreamManager, nanos, NatsError } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { natsProblem } from '../errors.ts';
import type { Connection } from '../connection.ts';

/** The one name under which an operator may have a consumer: the server's permissions know no others. It is gone after the walk. */
export const SCAN_CONSUMER = 'operator';

const BATCH = 1_000;
const EXPIRES_MS = 5_000;

/** Hands over the headers of every message that the stream holds now, in order, without their bodies. None when there is no such stream. */
export async function scanStream(link: Connection, stream: StreamName, visit: (message: JsMsg) => void): Promise<void> {
  try {
    const manager = await link.nc.jetstreamManager({ checkAPI: false });
    const last = await lastSequence(manager, stream);
    if (last === undefined) return;
    await forget(manager, stream);
    await manager.consumers.add(stream, {
      name: SCAN_CONSUMER,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.None,
      headers_only: true,
      mem_storage: true,
      inactive_threshold: nanos(60_000),
    });
    const consumer = await link.nc.jetstream({ checkAPI: false }).consumers.get(stream, SCAN_CONSUMER);
    for (let walking = true; walking;) {
      walking = false;
      for await (const message of await consumer.fetch({ max_messages: BATCH, expires: EXPIRES_MS })) {
        // What came since the walk began is not looked at, or a busy stream would have no end.
        if (message.seq <= last) visit(message);
        walking = message.seq < last && message.info.pending > 0;
        if (!walking) break;
      }
    }
    await forget(manager, stream);
  } catch (error) {
    throw natsProblem(error, `stream ${stream}`);
  }
}

/** Undefined when it holds nothing. */
async function lastSequence(manager: JetStreamManager, stream: StreamName): Promise<number | undefined> {
  const info = await manager.streams.info(stream).catch(noneIfNotFound);
  return info && info.state.messages > 0 ? info.state.last_seq : undefined;
}

/** One that an interrupted walk left behind would go on from where it was. */
async function forget(manager: JetStreamManager, stream: StreamName): Promise<void> {
  await manager.consumers.delete(stream, SCAN_CONSUMER).catch(noneIfNotFound);
}

export const noneIfNotFound = (error: unknown): undefined => {
  if (error instanceof NatsError && error.api_error?.code === 404) return undefined;
  throw error;
};
