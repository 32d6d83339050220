/**
 * The one way a service asks what time it is, so that a test can live fourteen days in a second (STYLE habit 2).
 * Due-ness of timers is not decided here but by the database's clock: two hosts' clocks differ.
 */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that stands still until it is moved. */
export class VirtualClock implements Clock {
  #now: number;

  constructor(start: Date) {
    this.#now = start.getTime();
  }

  /** A fresh Date each time: a caller that changes its copy does not move the clock. */
  now(): Date {
    return new Date(this.#now);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  set(date: Date): void {
    this.#now = date.getTime();
  }
}
