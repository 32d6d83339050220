/** Runs at most `width` jobs at once and lets at most `queue` more wait, first come first served. */
export class BoundedExecutor {
  readonly #width: number;
  readonly #queue: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;
  #onIdle: (() => void)[] = [];

  constructor(width: number, queue: number) {
    this.#width = width;
    this.#queue = queue;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** `job` must not reject. Answers false when it cannot even wait. */
  offer(job: () => Promise<void>): boolean {
    if (this.#running < this.#width) void this.#run(job);
    else if (this.#waiting.length < this.#queue) this.#waiting.push(job);
    else return false;
    return true;
  }

  /** Resolves when nothing runs or waits. */
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
