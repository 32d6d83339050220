import type { IncomingHttpHeaders } from 'node:http';
import type { Authenticate } from './credentials.ts';
import { credentialWatch, type WatchCredential } from './credential-watch.ts';
import type { Principal } from './principal.ts';
import type { TokenClock } from './tokens.ts';
import { WaitingPlaces } from './waiting-places.ts';

/** A call that waits: it holds a place, and ends with its credential. */
export interface WaitingCall {
  /** Aborted when the credential no longer opens anything; the reason is the problem that the caller gets. */
  readonly ended: AbortSignal;
  /** Call it before anything that was waited for is handed out. @throws Problem UNAUTHENTICATED or KEY_EXPIRED */
  confirm(): Promise<void>;
  /** Keeps the place until this has settled, also after the caller has gone. */
  holdUntil(done: Promise<unknown>): void;
  /** The call is answered. */
  leave(): void;
}

export interface WaitingCallParts {
  readonly headers: IncomingHttpHeaders;
  readonly authenticate: Authenticate;
  readonly principal: Principal;
  readonly customerId: string;
  /** A call that does not wait needs no place. */
  readonly waits: boolean;
}

/** What all waiting calls of this process share. */
export interface WaitingCalls {
  readonly places: WaitingPlaces;
  readonly watchCredential: WatchCredential;
}

export const waitingCalls = (clock: TokenClock): WaitingCalls => ({
  places: new WaitingPlaces(),
  watchCredential: credentialWatch(clock),
});

/** @throws Problem RATE_LIMITED */
export function startWaiting(
  { places, watchCredential }: WaitingCalls,
  { headers, authenticate, principal, customerId, waits }: WaitingCallParts,
): WaitingCall {
  const giveBack = waits ? places.take(principal, customerId) : () => {};
  const watch = watchCredential(headers, authenticate);
  let held: Promise<unknown> = Promise.resolve();
  return {
    ended: watch.ended,
    confirm: watch.confirm,
    holdUntil(done) {
      held = Promise.allSettled([held, done]);
    },
    leave() {
      watch.stop();
      void held.finally(giveBack);
    },
  };
}
