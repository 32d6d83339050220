import { setTimeout as pause } from 'node:timers/promises';
import { isCode } from '@missions/client/missions-error.ts';
import type { Granted } from './run-message.ts';
import { GivenUp, type Running, workRun } from './work-run.ts';

export interface Runner {
  /** Claims no further run; waits for the current run up to a bound, then gives it up. */
  stop(): Promise<void>;
}

const CLAIM_WAIT_SECONDS = 30;
const LONGEST_PAUSE_MS = 30_000;
/** The same bound as for chats: see shared/http/server.ts. */
const PATIENCE_MS = 4_000;

/**
 * Claims runs, one at a time, and works them:
 *
 *     claim (waits up to 30 s at the gateway) ──204──▶ claim again
 *        │ 200                ╰─error─▶ pause, doubling to 30 s
 *        ▼
 *     work under the lease ──▶ finished, failed, or lost ──▶ claim again
 *
 * More runs at once are more copies of this process.
 */
export function startRunner(running: Running): Runner {
  const { client, leaseSeconds, logger } = running;
  const stopping = new AbortController();
  const givenUp = new AbortController();

  const claim = async (): Promise<Granted | undefined> => {
    const claimed = await client.claimRun(
      { wait_seconds: CLAIM_WAIT_SECONDS, lease_seconds: leaseSeconds },
      { signal: stopping.signal, retries: 0 },
    );
    return claimed?.run && claimed.context ? (claimed as Granted) : undefined;
  };

  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const granted = await claim();
        if (granted) await workRun(running, granted, givenUp.signal);
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures += 1;
        const pauseMs = Math.min(500 * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
        logger.warn(
          {
            err: error,
            pauseMs,
            refused: isCode(error, 'UNAUTHENTICATED', 'KEY_EXPIRED', 'FORBIDDEN', 'SCOPE_REQUIRED'),
          },
          'no run could be claimed or finished',
        );
        await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  const ended = loop();
  return {
    async stop() {
      stopping.abort();
      const bound = setTimeout(() => givenUp.abort(new GivenUp('The agent is stopping')), PATIENCE_MS);
      await ended;
      clearTimeout(bound);
    },
  };
}
