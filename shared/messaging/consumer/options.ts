import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Problem } from '@missions/contracts/errors.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';

/** The bytes of an event's data as they were received, and the seal that came with them. */
export interface SealedBody {
  readonly body: Uint8Array;
  readonly seal: string | undefined;
}

export interface ConsumeOptions {
  stream: StreamName;
  /** The consuming service; its dead letters go to `deadletter.<service>`. */
  service: string;
  /**
   * Name of the durable consumer. Default, and all that the server's permissions allow: the service's name. One
   * consumer per service and stream is enough.
   */
  durable?: string;
  /** The subjects of the stream to be delivered. Default: all. */
  subjects?: readonly string[];
  /**
   * Handles several events in one transaction, all or none. If it throws, each of the events is handled by itself.
   * @param sequences the number of each in its stream, which says nothing of where another stream has it
   */
  handleBatch?(events: EventEnvelope[], sequences?: readonly number[]): Promise<void>;
  /**
   * Handles one event. When it returns, the event's effect is committed, or the event does not concern the service; the
   * message is then acknowledged. It must tolerate an event that it has handled before: a crash before the
   * acknowledgement causes another delivery.
   */
  handleOne(event: EventEnvelope, sequence?: number): Promise<void>;
  /**
   * Called before the handlers, outside their transaction, so that it may ask another service. An event that it refuses
   * with VALIDATION_FAILED becomes a dead letter at once; while it throws UNAVAILABLE or TIMEOUT, events wait.
   */
  verify?(event: EventEnvelope, received: SealedBody): Promise<void>;
  /**
   * Classifies an error of a handler. While it says UNAVAILABLE or TIMEOUT (the database cannot be reached, or hangs),
   * the events stay in flight and are retried without using up deliveries, so that an outage never turns healthy events
   * into dead letters.
   */
  classify?: (error: unknown) => Problem | undefined;
  /** Events per `handleBatch`. Default 64. */
  maxBatch?: number;
  /** Deliveries before a message becomes a dead letter. Default 10. */
  maxDeliver?: number;
  /** Pauses before the second, third … delivery; the last one repeats. Default: about ten minutes in all. */
  backoffMs?: readonly number[];
  /** How long messages of a process that died wait before another process gets them. Default 30 s. */
  ackWaitMs?: number;
  /**
   * Sees to it that the consumer exists; called at the start and whenever it is gone. Default: waits until it is there.
   * An observer whose login may make consumers passes `makeConsumer`.
   */
  setUp?: (connection: Connection, options: DurableOptions) => Promise<void>;
}

interface DurableOptions {
  stream: StreamName;
  durable: string;
  subjects?: readonly string[];
  ackWaitMs: number;
}

export interface Consumer {
  /** Pulls no more, lets the running handler and its acknowledgements finish, and gives the other messages back. */
  stop(): Promise<void>;
  /** @throws Error while nothing can be pulled. */
  check(): void;
}
