/** "Something happened": no payload, no memory, synchronous. */
export class Notifier {
  readonly #listeners = new Set<() => void>();

  /** Answers the way to stop listening. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
