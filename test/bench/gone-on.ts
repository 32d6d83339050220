import { setTimeout as pause } from 'node:timers/promises';
import { connectBus } from '@missions/messaging/connect.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import type { Bench } from './row.ts';

/** A mission that has not gone on by then is counted as an error. */
const GONE_ON_MS = 20_000;

/** Resolves, for a mission that waited, when its transaction has committed that lets it go on. */
export type GoneOn = (missionId: string) => Promise<void>;

/**
 * Listens to the hints that missions have changed, which go out when their transactions have committed.
 *
 * @param of.after the version that a mission has while it waits: with a higher one, it has gone on.
 */
export async function listenForGoneOn(
  bench: Bench,
  url: string,
  of: { readonly users: readonly string[]; readonly after: number },
): Promise<GoneOn> {
  const bus = await connectBus({
    servers: url,
    name: 'gateway',
    logger: createLogger({ service: 'bench', level: 'error' }),
  });
  bench.after(() => bus.drain());
  const waiting = new Map<string, () => void>();
  for (const user of of.users)
    bus.onNotification('default', user, (hint) => {
      const { mission_id = '', version = 0 } = hint as { mission_id?: string; version?: number };
      if (version > of.after) waiting.get(mission_id)?.();
    });
  await bus.flush();
  return async (missionId) => {
    const late = new AbortController();
    const resumed = new Promise<void>((resolve) => waiting.set(missionId, resolve));
    const limit = pause(GONE_ON_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`mission ${missionId} has not gone on`);
    });
    try {
      await Promise.race([resumed, limit]);
    } finally {
      waiting.delete(missionId);
      late.abort();
      await limit.catch(() => {});
    }
  };
}
