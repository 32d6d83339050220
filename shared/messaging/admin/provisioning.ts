import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  nanos,
  type Republish,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats';
import { consumers } from '@missions/contracts/consumers.ts';
import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { undefinedIfNotFound } from '../errors.ts';
import { filtersOf, whenAnswered } from '../streams.ts';
import { hasMirrors, provisionMirrors } from './mirrors.ts';

/**
 * Makes the streams of the contracts and the durable consumers of all services, which the services' own logins may not
 * do (decision 0017). May be repeated, also by several at once. What exists is updated in place: a consumer goes on
 * where it was, and a stream keeps its messages and the size that an operator gave it.
 */
export async function provision(connection: Connection, options: StreamOptions = {}): Promise<ProvisionReport> {
  const made = await provisionStreams(connection, Object.keys(streams) as StreamName[], options);
  const wanted = Object.entries(consumers).flatMap(([service, own]) =>
    Object.entries(own).map(([stream, subjects]) => ({ stream: stream as StreamName, durable: service, subjects })),
  );
  const { leaveSubjects = false } = options;
  return {
    streams: made,
    consumers: await Promise.all(wanted.map((one) => provisionConsumer(connection, { ...one, leaveSubjects }))),
    mirrors: options.mirrors || (await hasMirrors(connection)) ? await provisionMirrors(connection) : [],
  };
}

export interface ProvisionReport {
  streams: { stream: StreamName; outcome: Outcome }[];
  consumers: { stream: StreamName; consumer: string; outcome: Outcome }[];
  /** What subscribers read; none where there are no subscribers. */
  mirrors: { stream: StreamName; outcome: Outcome }[];
}

export type Outcome = 'created' | 'updated' | 'unchanged';

export interface StreamOptions {
  /**
   * Bound of each stream's storage. Default: 512 MiB for a new stream; an existing stream keeps the size that an
   * operator has given it.
   */
  maxBytes?: number | undefined;
  /** Copies of each stream in a cluster. Default 1; an existing stream keeps what it has. */
  replicas?: number | undefined;
  /** Makes the mirrors of subscribers. Default: only where there is one already. */
  mirrors?: boolean;
  /** Subjects that a newer version has given streams and consumers stay, beside those of this one. Default: these alone. */
  leaveSubjects?: boolean;
}

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** The server recognises duplicates only so long, which is why consumers have an inbox. */
const DUPLICATE_WINDOW_MS = 2 * 60 * 1000;

/** @throws Problem INTERNAL when the server refuses; UNAVAILABLE when the connection is closed meanwhile. */
export async function provisionStreams(
  connection: Connection,
  wanted: readonly StreamName[],
  options: StreamOptions = {},
): Promise<ProvisionReport['streams']> {
  return await Promise.all(
    wanted.map(async (stream) => ({
      stream,
      outcome: await whenAnswered(connection, `stream ${stream}`, (manager) => upsertStream(manager, stream, options)),
    })),
  );
}

async function upsertStream(
  manager: JetStreamManager,
  name: StreamName,
  { maxBytes, replicas, leaveSubjects = false }: StreamOptions,
): Promise<Outcome> {
  const existing = await manager.streams.info(name).catch(undefinedIfNotFound);
  const { subjects, maxAgeDays } = streams[name];
  const config = {
    subjects: leaveSubjects ? withMissing(existing?.config.subjects ?? [], subjects) : [...subjects],
    // A full stream refuses new events rather than drop old ones: the outbox keeps the refused event.
    discard: DiscardPolicy.New,
    max_age: nanos(maxAgeDays * DAY_MS),
    max_msgs: -1,
    max_msgs_per_subject: -1,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    // The server would publish in its own name, which no permission restricts. Named, so that an update removes it.
    republish: undefined as unknown as Republish,
    ...(maxBytes !== undefined && { max_bytes: maxBytes }),
    ...(replicas !== undefined && { num_replicas: replicas }),
  } satisfies Partial<StreamConfig>;
  if (!existing) {
    await manager.streams.add({
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_bytes: DEFAULT_MAX_BYTES,
      ...config,
      name,
    });
    return 'created';
  }
  if (!differs(existing.config, config)) return 'unchanged';
  await manager.streams.update(name, config);
  return 'updated';
}

const withMissing = (given: readonly string[], wanted: readonly string[]): string[] => [
  ...given,
  ...wanted.filter((subject) => !given.includes(subject)),
];

const differs = <Config extends object>(existing: Config, wanted: object): boolean =>
  Object.entries(wanted).some(
    ([key, value]) => JSON.stringify(existing[key as keyof Config]) !== JSON.stringify(value),
  );

export interface ConsumerOptions {
  stream: StreamName;
  durable: string;
  /** The subjects of the stream to be delivered. Default: all. */
  subjects?: readonly string[];
  /** The server delivers a message to another process after so long without an acknowledgement. Default 30 s. */
  ackWaitMs?: number;
  /** As in `StreamOptions`. */
  leaveSubjects?: boolean;
}

/**
 * Makes a durable pull consumer whose stream exists. Observers in tests and measurements pass it to `consume` as
 * `setUp`. @throws Problem as `provisionStreams`.
 */
export async function provisionConsumer(
  connection: Connection,
  options: ConsumerOptions,
): Promise<ProvisionReport['consumers'][number]> {
  const { stream, durable } = options;
  const what = `consumer ${durable} of ${stream}`;
  const outcome = await whenAnswered(connection, what, (manager) => upsertConsumer(manager, options));
  return { stream, consumer: durable, outcome };
}

/** For `consume`: makes the consumer instead of waiting until somebody has made it. */
export const makeConsumer = async (connection: Connection, options: ConsumerOptions): Promise<void> =>
  void (await provisionConsumer(connection, options));

async function upsertConsumer(
  { consumers: manager }: JetStreamManager,
  { stream, durable, subjects: wanted = [], ackWaitMs = 30_000, leaveSubjects = false }: ConsumerOptions,
): Promise<Outcome> {
  const existing = await manager.info(stream, durable).catch(undefinedIfNotFound);
  const given = existing ? filtersOf(existing.config) : [];
  const subjects = leaveSubjects ? withMissing(given, wanted) : wanted;
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
  if (existing?.config.deliver_subject) {
    // A push consumer cannot become a pull consumer. Its messages come again from the first; each effect happens once.
    await manager.delete(stream, durable);
  } else if (existing) {
    const { filter_subject: _one, filter_subjects: _several, ...others } = config;
    const sameSubjects = JSON.stringify(given) === JSON.stringify(subjects);
    if (sameSubjects && !differs(existing.config, others)) return 'unchanged';
    await manager.update(stream, durable, config);
    return 'updated';
  }
  await manager.add(stream, config);
  return 'created';
}
