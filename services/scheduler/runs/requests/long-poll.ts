/**
 * Claims that wait for a run of their customer. Nobody asks the database meanwhile: a dispatch in this process wakes one waiter for each run (of those
 * that name a user, one for each user, because the run may be another's), and of another copy's dispatches the event tells. Whoever is woken in
 * vain waits on.
 */
export class LongPolls {
  readonly #waiting = new Map<string, Map<() => void, string | null>>();
  #closed = false;

  /** Resolves when woken, or after that time. To be called before looking, so that what comes in between is not missed. */
  join(
    customerId: string,
    userId: string | null,
    milliseconds: number,
  ): { readonly woken: Promise<void>; leave(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const here = this.#waiting.get(customerId) ?? new Map<() => void, string | null>();
    const leave = (): void => {
      clearTimeout(timer);
      here.delete(wake);
      if (here.size === 0 && this.#waiting.get(customerId) === here) this.#waiting.delete(customerId);
      resolve();
    };
    const wake = leave;
    // The caller waits by a real clock, also where a virtual one decides what is due.
    const timer = setTimeout(leave, milliseconds);
    if (this.#closed) leave();
    else this.#waiting.set(customerId, here.set(wake, userId));
    return { woken: promise, leave };
  }

  /** The one of each user that waits longest. */
  wake(customerId: string): void {
    const users = new Set<string | null>();
    for (const [wake, userId] of [...(this.#waiting.get(customerId) ?? [])]) {
      if (!users.has(userId)) wake();
      users.add(userId);
    }
  }

  /** Everybody goes with empty hands, and nobody waits any more. */
  close(): void {
    this.#closed = true;
    for (const here of [...this.#waiting.values()]) for (const wake of [...here.keys()]) wake();
  }

  get closed(): boolean {
    return this.#closed;
  }
}
