import type { MissionsClient } from '@missions/client/client.ts';
import { isCode } from '@missions/client/missions-error.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { Granted } from './run-message.ts';

/** The run belongs to another agent now, or has ended: nothing of it may be written any more. */
export class LeaseLost extends Error {}

export interface Lease {
  /** Aborted with LeaseLost. */
  readonly lost: AbortSignal;
  release(): void;
}

/**
 * Keeps a run's lease by a heartbeat every third of its length. If no heartbeat succeeds for a whole length, the lease
 * counts as lost: by then the run is offered to others, whether or not this process can reach the gateway.
 */
export function keepLease(
  client: MissionsClient,
  { id, fence }: { id: string; fence: number },
  leaseSeconds: number,
  logger: Logger,
): Lease {
  const lost = new AbortController();
  const released = new AbortController();
  let until = performance.now() + leaseSeconds * 1000;
  const beat = async (): Promise<void> => {
    const sent = performance.now();
    try {
      await client.heartbeatRun(
        id,
        { fence },
        { signal: released.signal, retries: 0, timeoutMs: (leaseSeconds * 1000) / 3 },
      );
      until = sent + leaseSeconds * 1000;
    } catch (error) {
      if (released.signal.aborted) return;
      if (isCode(error, 'LEASE_LOST', 'NOT_FOUND') || performance.now() >= until)
        lost.abort(new LeaseLost('The lease of the run is lost'));
      else logger.warn({ err: error, run: id }, 'a heartbeat failed');
    }
  };
  const beating = setInterval(() => void beat(), (leaseSeconds * 1000) / 3);
  return {
    lost: lost.signal,
    release() {
      clearInterval(beating);
      released.abort();
    },
  };
}

export const fenceOf = ({ run }: Granted): { id: string; fence: number } => ({ id: run.id, fence: run.fence ?? 0 });
