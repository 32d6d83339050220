import { gauge } from '@missions/runtime/metrics.ts';

/** Seconds until what was not taken is posted again: doubled after each post in a row, plus jitter. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 300;
/** However long the agent asks for. */
const LONGEST_ASKED = 3_600;
/** At most this share of the pause is added to it, so that what failed together does not return together. */
const LONGEST_JITTER = 0.2;

/** @param failures posts in a row that were not taken, this one included. @returns seconds */
export function pauseAfter(failures: number, retryAfter: number | undefined, random: number): number {
  const doubled = Math.min(FIRST_PAUSE * 2 ** Math.min(failures - 1, 30), LONGEST_PAUSE);
  const asked = retryAfter === undefined ? doubled : Math.min(Math.max(retryAfter, FIRST_PAUSE), LONGEST_ASKED);
  return asked * (1 + random * LONGEST_JITTER);
}

/**
 * `Retry-After` (RFC 9110): seconds, or a date.
 * @returns seconds from now; undefined without the header, and for one that says nothing
 */
export function retryAfterIn(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max((at - now) / 1_000, 0);
}

const up = gauge('missions_push_endpoint_up', 'Whether the agent took the latest pushed run (1) or not (0)');
const inARow = gauge('missions_push_endpoint_failures', 'Pushed runs in a row that the agent did not take');

/** Runs in a row that an endpoint which can be reached does not take, until it counts as down. */
const DOWN_AFTER = 5;

/**
 * Whether the agent's endpoint takes runs, as the posts of this process found it:
 *
 *     works ──no connection, or 5 runs in a row not taken──▶ rests until a time ──▶ one post tries ──taken──▶ works
 *                                                                 ▲                     │
 *                                                                 ╰──────not taken──────╯
 *
 * While it is down, one run at a time tries it, and all others stay queued. A single run that it does not take stops no
 * other.
 */
export class Endpoint {
  #inARow = 0;
  /** Rests in a row; 0 while it works. */
  #rests = 0;
  #until = 0;
  #trying = false;
  readonly #now: () => number;

  /** @param now milliseconds that only grow */
  constructor(now: () => number) {
    this.#now = now;
    this.#measure();
  }

  /** Posts in a row that were not taken; those that were under way when it went down are not counted. */
  get failures(): number {
    return this.#inARow;
  }

  mayPost(): boolean {
    return this.#rests === 0 || (!this.#trying && this.#now() >= this.#until);
  }

  /** A post begins. Answers what `notTaken` needs to know of it. */
  begin(): number {
    this.#trying = this.#rests > 0;
    return this.#rests;
  }

  taken(): void {
    this.#inARow = this.#rests = 0;
    this.#trying = false;
    this.#measure();
  }

  /** Answers the seconds until the next attempt, or undefined for a post that was under way when it went down. */
  notTaken(begun: number, failure: { retryAfter?: number; connected: boolean }, random: number): number | undefined {
    if (begun !== this.#rests) return undefined;
    this.#inARow++;
    this.#measure();
    const isDown = this.#rests > 0 || !failure.connected || this.#inARow >= DOWN_AFTER;
    if (!isDown) return pauseAfter(1, failure.retryAfter, random);
    this.#rests++;
    this.#trying = false;
    const pause = pauseAfter(this.#rests, failure.retryAfter, random);
    this.#until = this.#now() + pause * 1_000;
    return pause;
  }

  #measure(): void {
    up.set(this.#inARow === 0 ? 1 : 0);
    inARow.set(this.#inARow);
  }
}
