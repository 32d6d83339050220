import { type Priority, priorities } from '@missions/contracts/mission/vocabulary.ts';

/** Runs in the hands of the scheduler, as far as they decide whose turn it is. */
export interface ModelRun {
  readonly mission_id: string;
  readonly customer_id: string;
  readonly user_id: string;
  priority: Priority;
  requested_at: number;
  /** `due`: its mission is due, and nobody has asked for its run yet. */
  state: 'due' | 'queued' | 'held' | 'over';
  /** Of the claim that gave the run to somebody. */
  turn: number | null;
}

const HOUR = 3_600_000;

/**
 * A model of whose turn it is, written from specification section 8 and not from the statements: customers in turn,
 * in a customer its users in turn, in a user the highest priority and then the oldest; each hour of waiting raises the
 * priority by one step.
 */
export class TurnModel {
  readonly runs: ModelRun[] = [];
  readonly killedUsers = new Set<string>();
  #turn = 0;

  queued(customerId?: string): ModelRun[] {
    return this.runs.filter(
      (run) =>
        run.state === 'queued' && (customerId === undefined || run.customer_id === customerId) && !this.#isKilled(run),
    );
  }

  /** Runs of missions that are due are asked for, unless a switch stops them: those are as old as the first dispatch after it. */
  dispatch(now: number): void {
    for (const run of this.runs)
      if (run.state === 'due' && !this.#isKilled(run)) Object.assign(run, { state: 'queued', requested_at: now });
  }

  readonly #isKilled = ({ customer_id, user_id }: ModelRun): boolean =>
    this.killedUsers.has(`${customer_id}/${user_id}`);

  held = (customerId: string): ModelRun[] =>
    this.runs.filter(({ state, customer_id }) => state === 'held' && customer_id === customerId);

  /** The run that a claim gets; undefined if it gets none. */
  next(customerId: string, userId: string | null, places: number, now: number): ModelRun | undefined {
    if (this.held(customerId).length >= places) return undefined;
    const waiting = this.queued(customerId).filter(({ user_id }) => userId === null || user_id === userId);
    const sorted = waiting.toSorted((a, b) => {
      if (a.user_id !== b.user_id) {
        const [since, other] = [a, b].map(({ user_id }) => oldest(waiting.filter((run) => run.user_id === user_id)));
        return (
          this.#last(ofUser(a)) - this.#last(ofUser(b)) ||
          (since ?? 0) - (other ?? 0) ||
          (a.user_id < b.user_id ? -1 : 1)
        );
      }
      return (
        urgency(b, now) - urgency(a, now) || a.requested_at - b.requested_at || (a.mission_id < b.mission_id ? -1 : 1)
      );
    });
    return sorted[0];
  }

  /** The customer whose run is pushed next. */
  nextCustomer(except: readonly string[]): string | undefined {
    const customers = [...new Set(this.queued().map(({ customer_id }) => customer_id))].filter(
      (id) => !except.includes(id),
    );
    const last = (id: string): number => this.#last(({ customer_id }) => customer_id === id);
    return customers.toSorted(
      (a, b) => last(a) - last(b) || oldest(this.queued(a)) - oldest(this.queued(b)) || (a < b ? -1 : 1),
    )[0];
  }

  take(run: ModelRun): void {
    Object.assign(run, { state: 'held', turn: ++this.#turn });
  }

  #last(of: (run: ModelRun) => boolean): number {
    return Math.max(0, ...this.runs.filter(of).map(({ turn }) => turn ?? 0));
  }
}

const oldest = (runs: readonly ModelRun[]): number => Math.min(...runs.map(({ requested_at }) => requested_at));
const ofUser =
  (one: ModelRun) =>
  ({ customer_id, user_id }: ModelRun): boolean =>
    customer_id === one.customer_id && user_id === one.user_id;
const urgency = ({ priority, requested_at }: ModelRun, now: number): number =>
  Math.min(priorities.indexOf(priority) + Math.floor((now - requested_at) / HOUR), priorities.length - 1);
