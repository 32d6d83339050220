/**
 * Claims that wait for a run of their customer, without asking the database meanwhile. A dispatch in this process wakes
 * one waiting claim for each queued run; the event `scheduler.run_requested` does so for the dispatches of other
 * replicas. Where claims name users, one claim of each user is woken, because the run may be another user's. A claim
 * that finds no run waits again.
 */
export class LongPolls {
  /** By customer: the waiting claims in the order in which they came, each with its user. */
  readonly #waiting = new Map<string, Map<() => void, string | null>>();
  /** The claims in hand that can be withdrawn, by id. */
  readonly #claims = new Map<string, AbortController>();
  #closed = false;

  /** A claim is in hand. `withdrawn` is aborted by `withdraw` of that id; call `done` in any case. */
  begin(claimId: string | undefined): { readonly withdrawn: AbortSignal; done(): void } {
    const withdrawing = new AbortController();
    if (claimId === undefined) return { withdrawn: withdrawing.signal, done: () => {} };
    this.#claims.set(claimId, withdrawing);
    return { withdrawn: withdrawing.signal, done: () => void this.#claims.delete(claimId) };
  }

  /** The claim takes no run, and answers at once. Does nothing if no such claim is in hand here. */
  withdraw(claimId: string): void {
    this.#claims.get(claimId)?.abort();
  }

  /**
   * Begins to wait. `woken` resolves at the next `wake` of the customer, and at the latest after that time. Call it
   * before the look at the database, so that a run that is queued in between is not missed; call `leave` in any case.
   */
  join(
    customerId: string,
    userId: string | null,
    milliseconds: number,
  ): { readonly woken: Promise<void>; leave(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ofCustomer = this.#waiting.get(customerId) ?? new Map<() => void, string | null>();
    const leave = (): void => {
      clearTimeout(timer);
      ofCustomer.delete(leave);
      if (ofCustomer.size === 0 && this.#waiting.get(customerId) === ofCustomer) this.#waiting.delete(customerId);
      resolve();
    };
    // The caller waits by the real clock, also where a virtual clock decides what is due.
    const timer = setTimeout(leave, milliseconds);
    if (this.#closed) leave();
    else this.#waiting.set(customerId, ofCustomer.set(leave, userId));
    return { woken: promise, leave };
  }

  /** Wakes, for each user, the claim that has waited longest. */
  wake(customerId: string): void {
    const users = new Set<string | null>();
    for (const [wake, userId] of [...(this.#waiting.get(customerId) ?? [])]) {
      if (!users.has(userId)) wake();
      users.add(userId);
    }
  }

  /** Shutdown: wakes every waiting claim; each answers without a run, and later ones do not wait. */
  close(): void {
    this.#closed = true;
    this.wakeAll();
  }

  /** Wakes every waiting claim: many runs may have become available at once. */
  wakeAll(): void {
    for (const ofCustomer of [...this.#waiting.values()]) for (const wake of [...ofCustomer.keys()]) wake();
  }

  get closed(): boolean {
    return this.#closed;
  }
}
