import type { ConsumerInfo, JetStreamManager } from 'nats';
import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { natsProblem, undefinedIfNotFound } from '../errors.ts';

export interface StreamReport {
  stream: StreamName;
  /** `null` if the stream does not exist. */
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
  /** Delivered and not yet acknowledged. */
  ack_pending: number;
  /** Those of the unacknowledged messages that were delivered more than once. */
  redelivered: number;
  /** Pull requests that wait for messages: 0 means that no process consumes, or that all are busy. */
  waiting: number;
}

/** Every stream of the contracts, with its consumers. @throws Problem */
export async function reportStreams(connection: Connection): Promise<StreamReport[]> {
  try {
    const manager = await connection.nc.jetstreamManager({ checkAPI: false });
    return await Promise.all((Object.keys(streams) as StreamName[]).map((stream) => report(manager, stream)));
  } catch (error) {
    throw natsProblem(error, 'the streams');
  }
}

async function report(manager: JetStreamManager, stream: StreamName): Promise<StreamReport> {
  const info = await manager.streams.info(stream).catch(undefinedIfNotFound);
  if (!info) return { stream, state: null, consumers: [] };
  const { messages, bytes, last_seq, first_ts, last_ts } = info.state;
  const consumers: ConsumerReport[] = [];
  for await (const consumer of manager.consumers.list(stream)) consumers.push(toConsumerReport(consumer));
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

const toConsumerReport = ({
  name,
  num_pending,
  num_ack_pending,
  num_redelivered,
  num_waiting,
}: ConsumerInfo): ConsumerReport => ({
  consumer: name,
  pending: num_pending,
  ack_pending: num_ack_pending,
  redelivered: num_redelivered,
  waiting: num_waiting,
});
