import { type Decision, ignored, moved } from './decision.ts';
import type { State } from './state.ts';
import { cancelTimers } from './timers.ts';

export interface Cancel {
  readonly type: 'Cancel';
  /** Whose it is, for the case that the question itself has not come yet. */
  readonly of: {
    readonly id: string;
    readonly customer_id: string;
    readonly user_id: string;
    readonly mission_id: string;
  };
  readonly at: string;
}

/** Its mission no longer waits for it. A question that has not come yet leaves a tombstone, so that it is not asked when it comes. */
export function cancel(request: State, { of, at }: Cancel): Decision {
  if (request === null) return moved({ status: 'withdrawn', ...of, version: 1, created_at: at }, []);
  if (request.status !== 'pending') return ignored(`it is ${request.status}`);
  return moved({ ...request, status: 'cancelled', version: request.version + 1 }, [
    { kind: 'announce', event: 'cancelled' },
    ...cancelTimers(request),
  ]);
}
