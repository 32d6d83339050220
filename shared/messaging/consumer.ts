import { AckPolicy, type ConsumerConfig, DeliverPolicy, nanos } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Link } from './link.ts';
import { ensureStreams, insistently } from './streams.ts';

export interface ConsumerOptions {
  stream: StreamName;
  durable: string;
  /** Those of the stream's subjects that are wanted; all by default. */
  subjects?: readonly string[];
}

/** After so long without a word about a message it is given to somebody else. What is held says `working` well before. */
export const ACK_WAIT_MS = 30_000;

/** Adds the durable pull consumer, or brings it up to date; its stream first, so that it works in whatever order services start. */
export async function ensureConsumer(link: Link, { stream, durable, subjects = [] }: ConsumerOptions): Promise<void> {
  const config: Partial<ConsumerConfig> = {
    durable_name: durable,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    // Unlimited: a server that has delivered often enough just stops, and says so once to whoever listens. Counting here instead means
    // that no message ends anywhere but handled or among the dead letters.
    max_deliver: -1,
    // Of all copies of the service together.
    max_ack_pending: 2_048,
    ...(subjects.length === 1 && subjects[0] !== undefined && { filter_subject: subjects[0] }),
    ...(subjects.length > 1 && { filter_subjects: [...subjects] }),
  };
  await ensureStreams(link, [stream]);
  await insistently(link, `consumer ${durable} of ${stream}`, (manager) => manager.consumers.add(stream, config));
}
