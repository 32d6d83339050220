import { setTimeout as delay } from 'node:timers/promises';
import {
  DiscardPolicy,
  type JetStreamManager,
  nanos,
  NatsError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats';
import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { natsProblem } from './errors.ts';
import type { Connection } from './connection.ts';

export interface StreamOptions {
  /** Bound of each stream's storage; a stream that exists keeps what an operator gave it unless this is set. Default 512 MiB. */
  maxBytes?: number;
  /** Copies of each stream in a cluster. Default 1. */
  replicas?: number;
}

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Deduplication holds only so long, which is why consumers have an inbox. */
const DUPLICATE_WINDOW_MS = 2 * 60 * 1000;
const RETRY_MS = [100, 250, 500, 1_000, 2_000];

/**
 * Adds the streams, or brings them up to date; every service does so for those it uses, in any order and at the same time. Retries
 * until it works, as long as the failure is one that passes.
 * @throws Problem when the server refuses the configuration, or UNAVAILABLE when the connection is closed meanwhile.
 */
export async function ensureStreams(
  link: Connection,
  wanted: readonly StreamName[],
  options: StreamOptions = {},
): Promise<void> {
  await Promise.all(
    wanted.map((name) => retrySetUp(link, `stream ${name}`, (manager) => ensureStream(manager, name, options))),
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
    // Full means refused, not that old events vanish: the outbox keeps what is refused.
    discard: DiscardPolicy.New,
    max_age: nanos(maxAgeDays * DAY_MS),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    ...(maxBytes !== undefined && { max_bytes: maxBytes }),
    ...(replicas !== undefined && { num_replicas: replicas }),
  } satisfies Partial<StreamConfig>;
  const existing = await manager.streams.info(name).catch(noneIfNotFound);
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

const noneIfNotFound = (error: unknown): undefined => {
  if (error instanceof NatsError && error.api_error?.code === 404) return undefined;
  throw error;
};

const differs = (existing: StreamConfig, wanted: Partial<StreamConfig>): boolean =>
  Object.entries(wanted).some(
    ([key, value]) => JSON.stringify(existing[key as keyof StreamConfig]) !== JSON.stringify(value),
  );

/** Repeats a step of set-up until it works, or fails for good, or the connection is closed. */
export async function retrySetUp(
  link: Connection,
  what: string,
  step: (manager: JetStreamManager) => Promise<unknown>,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const manager = await link.nc.jetstreamManager({ checkAPI: false });
      await link.whileConnected(() => step(manager));
      return;
    } catch (error) {
      const problem = natsProblem(error, what);
      const passes = problem.code === 'UNAVAILABLE' || problem.code === 'TIMEOUT' || isNotFound(error);
      if (!passes || link.status === 'closed') {
        link.logger.error({ err: error, what }, 'cannot be set up');
        throw passes ? problem : new Problem('INTERNAL', `NATS refuses ${what}: ${String(error)}`);
      }
      link.logger.warn({ err: error, what, attempt }, 'cannot be set up yet');
      await delay(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
    }
  }
}

const isNotFound = (error: unknown): boolean => error instanceof NatsError && error.api_error?.code === 404;
