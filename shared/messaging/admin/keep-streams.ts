import type { Logger } from '@missions/runtime/logger.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import { type Loop, startLoop } from '@missions/runtime/loop.ts';
import { addressed, type NatsAddress, openConnection } from '../connect.ts';
import { PROVISIONER } from './admin-connection.ts';
import { measureStreams } from './stream-gauges.ts';
import { provision, type StreamOptions } from './provisioning.ts';

const EVERY_MS = 15_000;

/**
 * Makes streams and consumers again that have gone while the product runs: with an emptied storage, or by hand. Looks
 * whenever NATS has come back, and otherwise every 15 s. The relays then publish again what the streams have lost
 * (decision 0022). While copies are updated one by one, newer ones need subjects that this version does not know of:
 * those are left. @param address with the login `PROVISIONER`, or of a server without logins
 */
export async function keepStreams(
  address: NatsAddress,
  { logger, signal, mirrors = false, ...bounds }: { logger: Logger; signal: AbortSignal } & StreamOptions,
): Promise<Loop> {
  const connection = await openConnection({ ...addressed(address), name: PROVISIONER, logger, signal });
  // Those that were there once are wanted, also after the storage was emptied.
  let wanted = mirrors;
  const loop = startLoop({
    name: 'the streams and consumers',
    logger,
    intervalMs: EVERY_MS,
    pauseAfterFailure: (failures) => backoff(failures, { firstMs: 250, maxMs: 5_000 }),
    run: async () => {
      const report = await provision(connection, { ...bounds, mirrors: wanted, leaveSubjects: true });
      wanted ||= report.mirrors.length > 0;
      await measureStreams(connection);
      const changed = [...report.streams, ...report.consumers, ...report.mirrors].filter(
        ({ outcome }) => outcome !== 'unchanged',
      );
      if (changed.length > 0) logger.warn({ changed }, 'streams or consumers were made again');
    },
  });
  const unsubscribe = connection.onStatus((status) => status === 'connected' && loop.wake());
  return {
    ...loop,
    async stop() {
      unsubscribe();
      await Promise.all([loop.stop(), connection.nc.close()]);
    },
  };
}
