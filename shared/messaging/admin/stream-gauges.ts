import { consumers } from '@missions/contracts/consumers.ts';
import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import { gauge } from '@missions/runtime/metrics.ts';
import type { Connection } from '../connection.ts';
import { undefinedIfNotFound } from '../errors.ts';

const ofStream = ['stream'] as const;
const messages = gauge('missions_stream_messages', 'Messages that a stream holds', ofStream);
const bytes = gauge('missions_stream_bytes', 'Bytes that a stream holds', ofStream);
const maxBytes = gauge('missions_stream_max_bytes', 'Bytes at which a stream takes no further event', ofStream);
const deadLetters = gauge('missions_dead_letters', 'Messages that could not be handled, of all services');

const ofConsumer = ['stream', 'consumer'] as const;
const pending = gauge('missions_consumer_pending', 'Messages that a consumer has not yet been given', ofConsumer);
const unacknowledged = gauge('missions_consumer_unacknowledged', 'Messages given and not yet acknowledged', ofConsumer);
const redelivered = gauge(
  'missions_consumer_redelivered',
  'Of these, those that were given more than once',
  ofConsumer,
);
const acknowledged = gauge(
  'missions_consumer_acknowledged_sequence',
  'Up to which sequence of its stream a consumer has acknowledged everything: it stands still where one is stuck',
  ofConsumer,
);

/** Sets the gauges of the streams and of the services' consumers, by a login that may look at all of them. */
export async function measureStreams({ nc }: Connection): Promise<void> {
  const manager = await nc.jetstreamManager({ checkAPI: false });
  for (const stream of Object.keys(streams) as StreamName[]) {
    const info = await manager.streams.info(stream).catch(undefinedIfNotFound);
    messages.set({ stream }, info?.state.messages ?? 0);
    bytes.set({ stream }, info?.state.bytes ?? 0);
    maxBytes.set({ stream }, info?.config.max_bytes ?? 0);
    if (stream === 'DEADLETTER') deadLetters.set(info?.state.messages ?? 0);
  }
  for (const [consumer, own] of Object.entries(consumers))
    for (const stream of Object.keys(own)) {
      const info = await manager.consumers.info(stream, consumer).catch(undefinedIfNotFound);
      if (!info) continue;
      pending.set({ stream, consumer }, info.num_pending);
      unacknowledged.set({ stream, consumer }, info.num_ack_pending);
      redelivered.set({ stream, consumer }, info.num_redelivered);
      acknowledged.set({ stream, consumer }, info.ack_floor.stream_seq);
    }
}
