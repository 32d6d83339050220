import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '@missions/contracts/errors.ts';
import type { Principal } from './principal.ts';

export interface RateLimits {
  /** Requests per second, in each copy of the gateway; 0 means no limit. */
  readonly perKey: number;
  readonly perService: number;
}

/** The window in which requests are counted: short bursts pass, a steady flood does not. */
const WINDOW_SECONDS = 5;

/** @throws Problem RATE_LIMITED, with `retry_after` in seconds. */
export type Limit = (principal: Principal) => Promise<void>;

/**
 * Bounds the requests of one credential, so that an agent in a loop takes nothing from the others. Requests are counted
 * in memory: a limit that needed a database round trip would cost more than it protects.
 */
export function rateLimit({ perKey, perService }: RateLimits): Limit {
  const limiter = (perSecond: number) =>
    perSecond > 0 ? new RateLimiterMemory({ points: perSecond * WINDOW_SECONDS, duration: WINDOW_SECONDS }) : undefined;
  const limiters = { agent: limiter(perKey), user: limiter(perKey), service: limiter(perService) };
  return async (principal) => {
    try {
      await limiters[principal.kind]?.consume(wholeCredential(principal));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const retryAfter = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
      throw new Problem('RATE_LIMITED', `This credential has made too many requests. Try again in ${retryAfter} s.`, {
        retry_after: retryAfter,
      });
    }
  };
}

/** Users of two customers may have the same id: only together do the parts of a credential say who calls. */
function wholeCredential(principal: Principal): string {
  const { kind, credential } = principal;
  if (kind === 'service') return credential;
  return JSON.stringify([principal.customer_id, kind === 'user' ? principal.user_id : principal.agent_id, credential]);
}
