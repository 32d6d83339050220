import type { MissionsClient } from '@missions/client/client.ts';
import { isCode } from '@missions/client/missions-error.ts';
import type { RunOrder } from '@missions/contracts/scheduler/runs.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { Granted } from './run-message.ts';

/** The run belongs to another agent now, or has ended: nothing of it may be written any more. */
export class LeaseLost extends Error {}

export interface Lease {
  /** Aborted with LeaseLost. */
  readonly lost: AbortSignal;
  /** What heartbeats have said about the mission since the last call. */
  takeOrders(): readonly RunOrder[];
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
  const orders = new Set<RunOrder>();
  let until = performance.now() + leaseSeconds * 1000;
  const beat = async (): Promise<void> => {
    const sent = performance.now();
    try {
      const heard = await client.heartbeatRun(
        id,
        { fence },
        { signal: released.signal, retries: 0, timeoutMs: (leaseSeconds * 1000) / 3 },
      );
      until = sent + leaseSeconds * 1000;
      for (const order of heard.orders) orders.add(order);
      if (orders.has('paused')) lost.abort(new LeaseLost('The mission was paused'));
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
    takeOrders() {
      const taken = [...orders];
      orders.clear();
      return taken;
    },
    release() {
      clearInterval(beating);
      released.abort();
    },
  };
}

export const fenceOf = ({ run }: Granted): { id: string; fence: number } => ({ id: run.id, fence: run.fence ?? 0 });
