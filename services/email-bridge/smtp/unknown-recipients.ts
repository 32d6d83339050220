/**
 * Recipients that were refused as unknown, counted for each network address across its connections: a client that keeps
 * guessing connects anew when its connection is closed. Counted in memory: each process bounds its own guesses.
 */
export class UnknownRecipients {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, { refused: number; until: number }>();

  /** @param options.windowMs a count begins with the first refusal and is forgotten after this time */
  constructor(
    { limit, windowMs }: { readonly limit: number; readonly windowMs: number },
    now: () => number = () => performance.now(),
  ) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  add(address: string): void {
    const now = this.#now();
    const network = networkOf(address);
    const known = this.#counts.get(network);
    if (known && known.until > now) {
      known.refused += 1;
      return;
    }
    this.#counts.delete(network);
    this.#counts.set(network, { refused: 1, until: now + this.#windowMs });
    this.#forget(now);
  }

  hasTooMany(address: string): boolean {
    const known = this.#counts.get(networkOf(address));
    return known !== undefined && known.until > this.#now() && known.refused >= this.#limit;
  }

  /** The map is in the order of the windows' ends. Whoever has many addresses makes the oldest counts go first. */
  #forget(now: number): void {
    for (const [network, { until }] of this.#counts) {
      if (until > now && this.#counts.size <= MAX_NETWORKS) return;
      this.#counts.delete(network);
    }
  }
}

const MAX_NETWORKS = 10_000;

/** Of an IPv6 address its /64, which one client has for itself. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...(tail ? tail.split(':') : [])];
  return all.slice(0, 4).join(':');
}
