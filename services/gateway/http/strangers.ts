import { hash } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { Problem } from '@missions/contracts/errors.ts';
import type { Authenticate } from './credentials.ts';

/** The window in which calls are counted, as for the limits of credentials. */
const WINDOW_SECONDS = 5;
/** Bounds the memory: some 100 bytes for each address or credential. */
const MAX_ADDRESSES = 20_000;
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
    return async (headers) => {
      const digest = digestOf(headers.authorization);
      try {
        const principal = await authenticate(headers);
        this.#digests.delete(digest);
        this.#digests.add(digest);
        const [oldest] = this.#digests;
        if (this.#digests.size > MAX_CREDENTIALS && oldest !== undefined) this.#digests.delete(oldest);
        return principal;
      } catch (error) {
        if (error instanceof Problem && error.code === 'UNAUTHENTICATED') this.#digests.delete(digest);
        throw error;
      }
    };
  }

  has(authorization: string | undefined): boolean {
    return authorization !== undefined && this.#digests.has(digestOf(authorization));
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
 * description of the API. They are counted before anything is looked up for them. The probes cost nothing, and a
 * balancer must be able to ask them however busy its address is.
 */
export function limitStrangers({ perSecond, known, now = () => performance.now() }: StrangersOptions): Middleware {
  if (perSecond === 0) return (_, next) => next();
  const budget = new AddressBudget(perSecond * WINDOW_SECONDS, now);
  const isKnown = (ctx: Context): boolean =>
    ctx.state['signed'] === true ||
    ((ctx.path.startsWith('/api/') || ctx.path === '/mcp') && known.has(ctx.req.headers.authorization));
  return async (ctx, next) => {
    if (ctx.path === '/healthz' || ctx.path === '/readyz' || isKnown(ctx)) {
      await next();
      return;
    }
    const network = networkOf(ctx.ip);
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

/** Counts by address in windows of a fixed length. The address whose window began first makes room for a new one. */
class AddressBudget {
  readonly #windows = new Map<string, { used: number; readonly ends: number }>();
  readonly #most: number;
  readonly #now: () => number;

  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  /** 0 if there was one left; otherwise the seconds until there are more. */
  take(network: string): number {
    const now = this.#now();
    const window = this.#windows.get(network);
    if (window && window.ends > now) {
      if (window.used >= this.#most) return Math.max(1, Math.ceil((window.ends - now) / 1000));
      window.used += 1;
      return 0;
    }
    this.#windows.delete(network);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size >= MAX_ADDRESSES && oldest !== undefined) this.#windows.delete(oldest);
    this.#windows.set(network, { used: 1, ends: now + WINDOW_SECONDS * 1000 });
    return 0;
  }

  giveBack(network: string): void {
    const window = this.#windows.get(network);
    if (window && window.used > 0) window.used -= 1;
  }
}

/** An IPv6 address counts as its network of 64 bits, which is the least that one subscriber gets. */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address.slice(0, 45);
  const [before = '', after] = address.split('::');
  const groups = before.split(':').filter((group) => group !== '');
  const last = after?.split(':').filter((group) => group !== '') ?? [];
  while (after !== undefined && groups.length + last.length < 8) groups.push('0');
  return [...groups, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

const digestOf = (authorization = ''): string => hash('sha256', authorization, 'base64url');
