import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Problem } from '@missions/contracts/errors.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { ensureConsumer } from './ensure-consumer.ts';
import type { Connection } from '../connection.ts';
import { ConsumerLoop } from './consumer-loop.ts';

export interface ConsumeOptions {
  stream: StreamName;
  /** The service that consumes; names the dead letters. */
  service: string;
  /** Default, and what the server's permissions allow: the service's name. One consumer per service and stream is enough. */
  durable?: string;
  /** Those of the stream's subjects that are wanted; all by default. */
  subjects?: readonly string[];
  /** Handles several events in one transaction, all or nothing. When it throws, each is handled by itself. */
  handleBatch?(events: EventEnvelope[]): Promise<void>;
  /**
   * Handles one event. To return means its effect is committed (the message is acknowledged then), or that it is none of ours. It must
   * bear to see an event again: a crash before the acknowledgement delivers it anew.
   */
  handleOne(event: EventEnvelope): Promise<void>;
  /**
   * When it calls an error UNAVAILABLE (the database is away), the events are held and tried again without counting as attempts, so that
   * an outage never turns healthy events into dead letters.
   */
  classify?: (error: unknown) => Problem | undefined;
  /** Events per `handleBatch`. Default 64. */
  maxBatch?: number;
  /** Deliveries before a message is given up. Default 10. */
  maxDeliver?: number;
  /** Pauses before the second, third… delivery; the last one repeats. By default about ten minutes in all. */
  backoffMs?: readonly number[];
  /** How long the events of a process that died stay with it. Default 30 s. */
  ackWaitMs?: number;
}

/** The options with their defaults. */
export type ConsumeSettings = ConsumeOptions &
  Required<Pick<ConsumeOptions, 'durable' | 'maxBatch' | 'maxDeliver' | 'backoffMs' | 'ackWaitMs'>>;

export interface Consumer {
  /** Takes nothing more, lets what is in hand finish with its acknowledgements, and gives the rest back. */
  stop(): Promise<void>;
  /** @throws Error when nothing can be consumed. */
  check(): void;
}

/**
 * What becomes of a message:
 *
 *     received ──▶ handled ──▶ acknowledged
 *        │  ├──▶ failed ──▶ given back with a pause (and so received again) ──at the last delivery──▶ dead letter ──▶ terminated
 *        │  └──▶ what handlers need is away ──▶ held, tried again
 *        └──▶ not an event, or refused as invalid ──▶ dead letter ──▶ terminated
 *
 * Whatever is there, up to `maxBatch`, is folded into one `handleBatch`. A message that has failed before is handled by itself, so
 * that it does not spoil the fold of others. The number in hand starts at 1 and doubles with success: a message that kills the process
 * takes few others with it each time, and their deliveries are not used up.
 */
export async function consume(link: Connection, options: ConsumeOptions): Promise<Consumer> {
  const settings: ConsumeSettings = {
    durable: options.service,
    maxBatch: 64,
    maxDeliver: 10,
    backoffMs: BACKOFF_MS,
    ackWaitMs: 30_000,
    ...options,
  };
  const setUp = () => ensureConsumer(link, settings);
  await setUp();
  return new ConsumerLoop(link, settings, setUp);
}

const BACKOFF_MS = [100, 500, 2_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
