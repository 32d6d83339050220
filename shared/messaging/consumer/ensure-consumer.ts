import { AckPolicy, type ConsumerConfig, DeliverPolicy, nanos, NatsError } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { ensureStreams, retrySetUp } from '../streams.ts';

export interface ConsumerOptions {
  stream: StreamName;
  durable: string;
  /** Those of the stream's subjects that are wanted; all by default. */
  subjects?: readonly string[];
  /** After so long without a word about a message it is given to somebody else. What is held says `working` well before. */
  ackWaitMs: number;
}

/** Adds the durable pull consumer, or brings it up to date; its stream and the dead letters' first, so that it works in whatever order services start. */
export async function ensureConsumer(
  link: Connection,
  { stream, durable, subjects = [], ackWaitMs }: ConsumerOptions,
): Promise<void> {
  const config = {
    durable_name: durable,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    // Unlimited: a server that has delivered often enough just stops, and says so once to whoever listens. Counting here instead means
    // that no message ends anywhere but handled or among the dead letters.
    max_deliver: -1,
    // Of all copies of the service together.
    max_ack_pending: 2_048,
    // Both named, so that an update takes back the one that is no longer meant.
    filter_subject: subjects.length === 1 ? subjects[0] : undefined,
    filter_subjects: subjects.length > 1 ? [...subjects] : undefined,
  } as Partial<ConsumerConfig>;
  await ensureStreams(link, [stream, 'DEADLETTER']);
  await retrySetUp(link, `consumer ${durable} of ${stream}`, async ({ consumers }) => {
    try {
      await consumers.add(stream, config);
    } catch (error) {
      if (!(error instanceof NatsError && error.api_error?.err_code === EXISTS_OTHERWISE)) throw error;
      await consumers.update(stream, durable, config);
    }
  });
}

/** JetStream's error number for a consumer of that name with another configuration. */
const EXISTS_OTHERWISE = 10148;
