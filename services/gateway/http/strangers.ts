import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Context, Middleware } from 'koa';
import { Problem } from '@missions/contracts/errors.ts';
import { AddressBudget, networkOf } from './address-budget.ts';
import { type Authenticate, opensNothing } from './credentials.ts';
import { shownCredential } from './shown-credential.ts';

/** The window in which calls are counted, as for the limits of credentials. */
const WINDOW_SECONDS = 5;
/** Files that a view of the page loads, about, where the browser has none of them yet. */
const FILES_OF_A_VIEW = 30;
/** Bounds the memory: some 100 bytes for each. */
const MAX_CREDENTIALS = 20_000;

/**
 * The credentials that were accepted here lately, as digests. A call with one of them does not count against its
 * address: behind a proxy or a company's router many callers share one, and a stranger there must not lock them out.
 * It grants nothing, because every call is authenticated as before.
 */
export class KnownCredentials {
  readonly #digests = new Set<string>();

  /** Remembers what `authenticate` accepts, and forgets what it refuses. */
  learnFrom(authenticate: Authenticate): Authenticate {
    return async (headers, options) => {
      const digest = digestOf(headers);
      try {
        const principal = await authenticate(headers, options);
        this.#digests.delete(digest);
        this.#digests.add(digest);
        const [oldest] = this.#digests;
        if (this.#digests.size > MAX_CREDENTIALS && oldest !== undefined) this.#digests.delete(oldest);
        return principal;
      } catch (error) {
        if (error instanceof Problem && opensNothing(error)) this.#digests.delete(digest);
        throw error;
      }
    };
  }

  has(headers: IncomingHttpHeaders): boolean {
    return shownCredential(headers).text !== '' && this.#digests.has(digestOf(headers));
  }
}

export interface StrangersOptions {
  /** Calls per second and address, in each copy of the gateway; 0 means no limit. */
  readonly perSecond: number;
  readonly known: KnownCredentials;
  /** Milliseconds. */
  readonly now?: () => number;
}

/**
 * Bounds the calls of one address without a credential that is known here: wrong credentials, unsigned webhooks, the
 * description of the API. They are counted before anything is looked up for them. The files of the page have a budget of
 * their own, so that the first views of a whole office behind one address fit. The probes cost nothing, and a balancer
 * must be able to ask them however busy its address is.
 */
export function limitStrangers({ perSecond, known, now = () => performance.now() }: StrangersOptions): Middleware {
  if (perSecond === 0) return (_, next) => next();
  const calls = new AddressBudget(perSecond * WINDOW_SECONDS, now, WINDOW_SECONDS);
  const files = new AddressBudget(perSecond * WINDOW_SECONDS * FILES_OF_A_VIEW, now, WINDOW_SECONDS);
  const isKnown = (ctx: Context): boolean =>
    ctx.state['signed'] === true ||
    ((ctx.path.startsWith('/api/') || ctx.path === '/mcp') && known.has(ctx.req.headers));
  return async (ctx, next) => {
    if (ctx.path === '/healthz' || ctx.path === '/readyz' || isKnown(ctx)) {
      await next();
      return;
    }
    const network = networkOf(ctx.ip);
    const budget = ctx.path.startsWith('/assets/') ? files : calls;
    const retryAfter = budget.take(network);
    if (retryAfter > 0)
      throw new Problem(
        'RATE_LIMITED',
        `Too many calls came from this address without a valid credential. Try again in ${retryAfter} s.`,
        { retry_after: retryAfter },
      );
    try {
      await next();
    } finally {
      if (isKnown(ctx)) budget.giveBack(network);
    }
  };
}

const digestOf = (headers: IncomingHttpHeaders): string => hash('sha256', shownCredential(headers).text, 'base64url');
