import { AckPolicy, type ConsumerConfig, DeliverPolicy, nanos, NatsError } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { ensureStreams, retrySetUp } from '../streams.ts';

export interface ConsumerOptions {
  stream: StreamName;
  durable: string;
  /** The subjects of the stream to be delivered. Default: all. */
  subjects?: readonly string[];
  /**
   * The server delivers a message to another process after so long without an acknowledgement. Messages in flight are
   * reported as being worked on well before.
   */
  ackWaitMs: number;
}

/** JetStream's error number for a consumer of that name with another configuration. */
const EXISTS_OTHERWISE = 10148;

/**
 * Creates the durable pull consumer, or updates its configuration; its stream and the dead letters' stream first, so
 * that services may start in any order.
 */
export async function ensureConsumer(
  connection: Connection,
  { stream, durable, subjects = [], ackWaitMs }: ConsumerOptions,
): Promise<void> {
  const config = {
    durable_name: durable,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    // Unlimited: a server that has delivered a message often enough just stops, and publishes one advisory that may be
    // missed. `consume` counts instead, so that every message ends either handled or among the dead letters.
    max_deliver: -1,
    // Of all processes of the service together.
    max_ack_pending: 2_048,
    // Both are named, so that an update removes the one that is no longer wanted.
    filter_subject: subjects.length === 1 ? subjects[0] : undefined,
    filter_subjects: subjects.length > 1 ? [...subjects] : undefined,
  } as Partial<ConsumerConfig>;
  await ensureStreams(connection, [stream, 'DEADLETTER']);
  await retrySetUp(connection, `consumer ${durable} of ${stream}`, async ({ consumers }) => {
    try {
      await consumers.add(stream, config);
    } catch (error) {
      if (!(error instanceof NatsError && error.api_error?.err_code === EXISTS_OTHERWISE)) throw error;
      await consumers.update(stream, durable, config);
    }
  });
}
