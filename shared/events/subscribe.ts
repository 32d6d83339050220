import { connect, type NatsConnection } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { type Event, type EventTypes, streamsOf } from './event-types.ts';
import {
  type DeadLetter,
  type Delivery,
  type Position,
  type Settings,
  StreamSubscription,
} from './stream-subscription.ts';

export type { DeadLetter, Delivery, Position } from './stream-subscription.ts';

export interface Connecting {
  /** As `missions subscribers add` prints it: `nats://<user>:<password>@<host>:<port>`; several, by commas. */
  url: string;
}

export interface SubscribeOptions<Pattern extends EventTypes> extends Connecting {
  types: readonly Pattern[];
  /**
   * The name under which the server remembers the position; all copies of a service give the same, and share the work.
   * Nobody else can touch a durable that has the name of your login. Without it, each subscription sees every event.
   */
  durable?: string;
  /** Where a durable begins that does not exist yet. Default: with the first event that is kept (14 days). */
  from?: Position;
  /**
   * How many events are handled at a time, by all copies together. Default 1, which is what keeps the events of a mission
   * in their order.
   */
  concurrency?: number;
  /** An event is given to another copy when this one has been silent for so long, e.g. has ended. Default 10 s. */
  silenceMs?: number;
  /** How often an event is tried before it is a dead letter. Default: for ever, with pauses up to five minutes. */
  maxAttempts?: number;
  /** Is given what failed `maxAttempts` times, or is no event; the next one follows when it resolves. */
  deadLetter?: (letter: DeadLetter) => Promise<void> | void;
  /** Is told of every failure. Default: `console.error`. */
  onError?: (error: unknown, event?: Event) => void;
}

export interface Subscription {
  /** Finishes the event in hand, and takes no further one. */
  stop(): Promise<void>;
  /** Resolves when it has ended; rejects if it ended for ever, e.g. because the login was removed. */
  readonly ended: Promise<void>;
}

/**
 * Calls `handle` for each event; an event is done when it resolves, and comes again when it throws. At least once: an
 * effect happens exactly once if it is written in one transaction with the event's `id`.
 * @throws Error when the server cannot be reached, or refuses the login
 */
export async function subscribe<const Pattern extends EventTypes>(
  options: SubscribeOptions<Pattern>,
  handle: (event: Event<Pattern>, delivery: Delivery) => Promise<void> | void,
): Promise<Subscription> {
  const wanted = streamsOf(options.types);
  const settings: Settings = {
    concurrency: options.concurrency ?? 1,
    silenceMs: options.silenceMs ?? 10_000,
    maxAttempts: options.maxAttempts ?? Number.POSITIVE_INFINITY,
    from: options.from ?? 'first',
    durable: options.durable,
    deadLetter: options.deadLetter,
    onError:
      options.onError ?? ((error, event) => console.error(event?.type ?? 'subscription', event?.id ?? '', error)),
    handle: handle as Settings['handle'],
  };
  const nc = await open(options);
  try {
    const parts = [...wanted].map(([stream, types]) => new StreamSubscription(nc, stream, types, settings));
    await Promise.all(parts.map((part) => part.setUp()));
    const runs = Promise.all(parts.map((part) => part.run()));
    const closed = nc.closed().then((error) => {
      if (error) throw error;
    });
    const ended = Promise.race([runs.then(() => undefined), closed]);
    ended.catch(() => {});
    return {
      ended,
      async stop() {
        for (const part of parts) part.stop();
        await runs.catch(() => {});
        await nc.drain().catch(() => {});
      },
    };
  } catch (error) {
    await nc.close();
    throw error;
  }
}

/** Removes a durable: a subscription of that name begins anew, at its `from`. @returns the streams that it had a place in */
export async function forget(
  options: Connecting & { durable: string; types: readonly EventTypes[] },
): Promise<string[]> {
  const nc = await open(options);
  try {
    const { consumers } = await nc.jetstreamManager({ checkAPI: false });
    const remove = async (stream: StreamName) =>
      (await consumers.delete(stream, options.durable).catch(() => false)) ? [stream] : [];
    return (await Promise.all([...streamsOf(options.types).keys()].map(remove))).flat();
  } finally {
    await nc.close();
  }
}

async function open({ url }: Connecting): Promise<NatsConnection> {
  const urls = url.split(',').map((one) => new URL(one.includes('://') ? one.trim() : `nats://${one.trim()}`));
  const named = urls.find(({ username }) => username !== '');
  const user = named && decodeURIComponent(named.username);
  return await connect({
    servers: urls.map(({ protocol, host }) => `${protocol}//${host}`),
    ...(named && { user: user as string, pass: decodeURIComponent(named.password) }),
    // Replies come to an inbox that no other login can read.
    ...(user && { inboxPrefix: `_INBOX_${user}` }),
    maxReconnectAttempts: -1,
    pingInterval: 5_000,
  });
}
