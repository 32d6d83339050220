import type { ConsumerInfo, JetStreamManager } from 'nats';
import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import { natsProblem } from '../errors.ts';
import type { Connection } from '../connection.ts';
import { noneIfNotFound, SCAN_CONSUMER } from './stream-scan.ts';

/** `null` of a stream that there is not. */
export interface StreamReport {
  stream: StreamName;
  state: {
    messages: number;
    bytes: number;
    max_bytes: number;
    last_sequence: number;
    oldest_at: string;
    newest_at: string;
  } | null;
  consumers: ConsumerReport[];
}

export interface ConsumerReport {
  consumer: string;
  /** Not yet delivered. */
  pending: number;
  /** Delivered, and not yet acknowledged. */
  ack_pending: number;
  /** Of those, how many for not the first time. */
  redelivered: number;
  /** Pulls that wait for messages: none means that nobody consumes, or that all are busy. */
  waiting: number;
}

/** Every stream of the contracts, with its consumers. @throws Problem */
export async function reportStreams(link: Connection): Promise<StreamReport[]> {
  try {
    const manager = await link.nc.jetstreamManager({ checkAPI: false });
    return await Promise.all((Object.keys(streams) as StreamName[]).map((stream) => report(manager, stream)));
  } catch (error) {
    throw natsProblem(error, 'the streams');
  }
}

async function report(manager: JetStreamManager, stream: StreamName): Promise<StreamReport> {
  const info = await manager.streams.info(stream).catch(noneIfNotFound);
  if (!info) return { stream, state: null, consumers: [] };
  const { messages, bytes, last_seq, first_ts, last_ts } = info.state;
  const consumers: ConsumerReport[] = [];
  for await (const consumer of manager.consumers.list(stream))
    if (consumer.name !== SCAN_CONSUMER) consumers.push(shown(consumer));
  return {
    stream,
    state: {
      messages,
      bytes,
      max_bytes: info.config.max_bytes,
      last_sequence: last_seq,
      oldest_at: first_ts,
      newest_at: last_ts,
    },
    consumers,
  };
}

const shown = ({ name, num_pending, num_ack_pending, num_redelivered, num_waiting }: ConsumerInfo): ConsumerReport => ({
  consumer: name,
  pending: num_pending,
  ack_pending: num_ack_pending,
  redelivered: num_redelivered,
  waiting: num_waiting,
});
