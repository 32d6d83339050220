import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@missions/contracts/errors.ts';
import { type Authenticate, opensNothing } from './credentials.ts';
import { shownCredential } from './shown-credential.ts';
import { expiryOf, type TokenClock } from './tokens.ts';

/**
 * Watches the credentials of calls that wait, so that what is taken away ends at once: a key that was revoked or has
 * expired, a session that has ended, a token that has expired. A key or a session is checked as for a new call, twice a
 * second and with one query, however many of its calls wait. A token only expires: it ends at its `exp` without the
 * tolerance that a new call has, because this clock has measured the time.
 */
export interface WatchedCredential {
  /** Aborted when the credential no longer opens anything; the reason is the problem that its caller gets. */
  readonly ended: AbortSignal;
  /** Call it before anything that was waited for is handed out. @throws Problem UNAUTHENTICATED or KEY_EXPIRED */
  confirm(): Promise<void>;
  /** The call no longer waits. */
  stop(): void;
}

export type WatchCredential = (headers: IncomingHttpHeaders, authenticate: Authenticate) => WatchedCredential;

/** Half of the second within which a call ends. */
const CHECK_MS = 500;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Watched {
  readonly calls: Set<AbortController>;
  check(): Promise<void>;
  stop(): void;
}

/** @param checkMs for tests. */
export function credentialWatch(clock: TokenClock, checkMs = CHECK_MS): WatchCredential {
  const watched = new Map<string, Watched>();
  return (headers, authenticate) => {
    const shown = shownCredential(headers);
    const expires = expiryOf(headers.authorization ?? '');
    const begin = (): Watched =>
      expires === undefined
        ? watchKey(() => authenticate(shown.headers, { watching: true }), checkMs)
        : watchToken(expires, clock);
    const it = watched.get(shown.text) ?? begin();
    watched.set(shown.text, it);
    const call = new AbortController();
    it.calls.add(call);
    return {
      ended: call.signal,
      confirm: it.check,
      stop() {
        it.calls.delete(call);
        if (it.calls.size > 0 || watched.get(shown.text) !== it) return;
        it.stop();
        watched.delete(shown.text);
      },
    };
  };
}

function watchKey(authenticate: () => Promise<unknown>, checkMs: number): Watched {
  const calls = new Set<AbortController>();
  let checking = false;
  const look = async (): Promise<void> => {
    if (checking) return;
    checking = true;
    try {
      await authenticate();
    } catch (error) {
      // Where the check itself fails, the calls go on to wait: nothing is handed out before another check.
      if (error instanceof Problem && opensNothing(error)) endAll(calls, error);
    } finally {
      checking = false;
    }
  };
  const timer = setInterval(() => void look(), checkMs);
  return {
    calls,
    check: async () => void (await authenticate()),
    stop: () => clearInterval(timer),
  };
}

function watchToken(expires: number, clock: TokenClock): Watched {
  const remaining = (): number => expires - clock.now().getTime();
  const calls = new Set<AbortController>();
  const expired = (): Problem =>
    new Problem('UNAUTHENTICATED', 'This token has expired. Get a new one, and call again.');
  const look = (): void => {
    if (remaining() <= 0) endAll(calls, expired());
    else timer = setTimeout(look, Math.min(remaining(), LONGEST_TIMER_MS));
  };
  // Not at once: the first call has not joined yet.
  let timer = setTimeout(look, 0);
  return {
    calls,
    check: () => (remaining() <= 0 ? Promise.reject(expired()) : Promise.resolve()),
    stop: () => clearTimeout(timer),
  };
}

function endAll(calls: ReadonlySet<AbortController>, problem: Problem): void {
  for (const call of calls) call.abort(problem);
}
