/** Sleep that can be cut short. A ring while nobody sleeps is kept for the next sleep: without that memory a wake-up between looking and sleeping is lost. */
export class WakeableTimer {
  #rung = false;
  #awake: (() => void) | undefined;

  wake(): void {
    this.#rung = true;
    this.#awake?.();
  }

  /** Forgets what rang so far: called right before looking, so that whatever rings later causes another look. */
  clear(): void {
    this.#rung = false;
  }

  get wakeRequested(): boolean {
    return this.#rung;
  }

  async sleep(milliseconds: number): Promise<void> {
    if (this.#rung) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#awake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#awake = undefined;
  }
}
