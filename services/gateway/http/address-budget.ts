/** Bounds the memory: some 100 bytes for each address. */
const MAX_ADDRESSES = 20_000;

/** Counts by address in windows of a fixed length. The address whose window began first makes room for a new one. */
export class AddressBudget {
  readonly #windows = new Map<string, { used: number; readonly ends: number }>();
  readonly #most: number;
  readonly #now: () => number;
  readonly #windowMs: number;

  constructor(most: number, now: () => number, windowSeconds: number) {
    this.#most = most;
    this.#now = now;
    this.#windowMs = windowSeconds * 1000;
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
    this.#windows.set(network, { used: 1, ends: now + this.#windowMs });
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
