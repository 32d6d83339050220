import { setTimeout as delay } from 'node:timers/promises';
import { DiscardPolicy, type JetStreamManager, nanos, RetentionPolicy, StorageType, type StreamConfig } from 'nats';
import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import type { Connection } from './connection.ts';
import { isNotFound, natsProblem, undefinedIfNotFound } from './errors.ts';

export interface StreamOptions {
  /**
   * Bound of each stream's storage. Default: 512 MiB for a new stream; an existing stream keeps the size that an
   * operator has given it.
   */
  maxBytes?: number;
  /** Copies of each stream in a cluster. Default 1. */
  replicas?: number;
}

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** The server recognises duplicates only so long, which is why consumers have an inbox. */
const DUPLICATE_WINDOW_MS = 2 * 60 * 1000;
const RETRY = { firstMs: 100, maxMs: 2_000 };

/**
 * Creates the streams, or updates their configuration. Every service does so for the streams that it uses, in any order
 * and at the same time. Repeated until it succeeds, unless the failure is permanent.
 * @throws Problem INTERNAL when the server refuses the configuration; UNAVAILABLE when the connection is closed
 * meanwhile.
 */
export async function ensureStreams(
  connection: Connection,
  wanted: readonly StreamName[],
  options: StreamOptions = {},
): Promise<void> {
  await Promise.all(
    wanted.map((name) => retrySetUp(connection, `stream ${name}`, (manager) => ensureStream(manager, name, options))),
  );
}

async function ensureStream(
  manager: JetStreamManager,
  name: StreamName,
  { maxBytes, replicas }: StreamOptions,
): Promise<void> {
  const { subjects, maxAgeDays } = streams[name];
  const config = {
    subjects: [...subjects],
    // A full stream refuses new events rather than drop old ones: the outbox keeps the refused event.
    discard: DiscardPolicy.New,
    max_age: nanos(maxAgeDays * DAY_MS),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    ...(maxBytes !== undefined && { max_bytes: maxBytes }),
    ...(replicas !== undefined && { num_replicas: replicas }),
  } satisfies Partial<StreamConfig>;
  const existing = await manager.streams.info(name).catch(undefinedIfNotFound);
  if (!existing) {
    await manager.streams.add({
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_bytes: DEFAULT_MAX_BYTES,
      ...config,
      name,
    });
  } else if (differs(existing.config, config)) {
    await manager.streams.update(name, config);
  }
}

const differs = (existing: StreamConfig, wanted: Partial<StreamConfig>): boolean =>
  Object.entries(wanted).some(
    ([key, value]) => JSON.stringify(existing[key as keyof StreamConfig]) !== JSON.stringify(value),
  );

/** Repeats a step of the set-up until it succeeds. @throws Problem as `ensureStreams`. */
export async function retrySetUp(
  connection: Connection,
  what: string,
  step: (manager: JetStreamManager) => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const manager = await connection.nc.jetstreamManager({ checkAPI: false });
      await connection.whileConnected(() => step(manager));
      return;
    } catch (error) {
      const problem = natsProblem(error, what);
      const isTransient = problem.code === 'UNAVAILABLE' || problem.code === 'TIMEOUT' || isNotFound(error);
      if (!isTransient || connection.status === 'closed') {
        connection.logger.error({ err: error, what }, 'a stream or consumer cannot be set up');
        throw isTransient ? problem : new Problem('INTERNAL', `NATS refuses ${what}: ${String(error)}`);
      }
      connection.logger.warn(
        { err: error, what, attempt },
        'a stream or consumer cannot be set up yet; it is tried again',
      );
      await delay(backoff(attempt, RETRY));
    }
  }
}
