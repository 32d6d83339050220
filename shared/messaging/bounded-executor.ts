/** Runs at most `concurrency` jobs at once and lets at most `queue` more wait, first come first served. */
export class BoundedExecutor {
  readonly #concurrency: number;
  readonly #queue: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;
  #onIdle: (() => void)[] = [];

  constructor(concurrency: number, queue: number) {
    this.#concurrency = concurrency;
    this.#queue = queue;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @param job must not reject. @returns false if the queue is full; the job is then not run. */
  offer(job: () => Promise<void>): boolean {
    if (this.#running < this.#concurrency) void this.#run(job);
    else if (this.#waiting.length < this.#queue) this.#waiting.push(job);
    else return false;
    return true;
  }

  /** Resolves when no job runs or waits. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  async #run(job: () => Promise<void>): Promise<void> {
    this.#running++;
    for (let next: typeof job | undefined = job; next; next = this.#waiting.shift()) await next();
    this.#running--;
    if (this.#running === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
