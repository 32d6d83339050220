import { expect } from 'chai';
import fc from 'fast-check';
import { afterRun, observe, type ObservedState, type RunOutcome, success, type WatchedMission } from './schedule.ts';

const noon = Date.parse('2026-06-01T12:00:00Z');
const MINUTE = 60_000;
const SHORTEST = 5 * MINUTE;
const [CUSTOMERS, USERS] = [40, 5];
const READY = { ready: 1 };

/**
 * A mission as it is, beside what the scheduler knows of it: events arrive late. What is due is said here in terms of
 * the mission's story (specification section 8 "Waking"), and not of the versions that the scheduler keeps.
 */
class Story {
  watched: WatchedMission;
  #version = 0;
  #runnable = true;
  /** The open run; `granted` is null until it is granted. */
  run: { granted: number | null } | null = null;
  readonly #underWay: { readonly state: ObservedState; readonly news: 'came' | 'set free' | null }[] = [];
  /** A reason for a run at once has arrived that no run has seen: the version of the latest. */
  #came = 0;
  /** A run has seen all up to this version. */
  #seen = 0;
  #isSetFree = false;
  #asked = false;
  #endedAt: number | null = null;

  constructor(customer: number, user: number, id: number) {
    this.watched = {
      mission_id: `m${id}`,
      customer_id: `c${customer}`,
      user_id: `u${user}`,
      version: 0,
      runnable: false,
      erased: false,
      next_run_at: null,
      next_reason: 'created',
      idle: 0,
      failures: 0,
      attempt: 1,
      last_check_at: null,
      run_id: null,
      woken_version: 0,
      seen_version: 0,
      priority: 'normal',
      life_deadline_at: null,
    };
    this.change({ by_run: false, wakes: false });
  }

  change({ by_run, wakes, runnable = this.#runnable }: { by_run: boolean; wakes: boolean; runnable?: boolean }): void {
    const isSetFree = !by_run && runnable && (!this.#runnable || this.#version === 0);
    this.#runnable = runnable;
    this.#version++;
    const { customer_id, user_id } = this.watched;
    const state = { customer_id, user_id, version: this.#version, runnable, by_run, wakes };
    this.#underWay.push({
      state: { ...state, priority: undefined, life_deadline_at: undefined },
      news: isSetFree ? 'set free' : wakes ? 'came' : null,
    });
  }

  /** The scheduler hears of the next change. */
  hear(now: number): void {
    const event = this.#underWay.shift();
    if (!event) return;
    const decision = observe(this.watched, event.state, iso(now));
    if (decision.kind === 'moved') this.watched = decision.next;
    if (event.news === 'set free') this.#isSetFree = true;
    if (event.news === 'came' && event.state.version > this.#seen) this.#came = event.state.version;
    if (!event.state.runnable) this.#isSetFree = false;
  }

  hearAll(now: number): void {
    while (this.#underWay.length > 0) this.hear(now);
  }

  /** Answers whether the run was begun. */
  begin(now: number): boolean {
    const { next_run_at, run_id } = this.watched;
    if (run_id !== null || next_run_at === null || Date.parse(next_run_at) > now) return false;
    this.watched = { ...this.watched, run_id: 'r', next_run_at: null };
    this.run = { granted: null };
    this.#isSetFree = false;
    if (!this.#runnable) {
      this.end({ as: 'refused' }, now);
      return false;
    }
    this.change({ by_run: true, wakes: false });
    this.run = { granted: this.#version };
    return true;
  }

  finish(how: 'again' | 'failed' | 'abandoned' | 'nothing' | 'progress', now: number): void {
    if (!this.run) return;
    const granted = { granted_version: this.run.granted, granted_counts: READY };
    this.change({ by_run: true, wakes: false });
    const asked = how === 'again' || how === 'progress';
    const task_counts = how === 'progress' ? { completed: 1, ready: 1 } : READY;
    if (how === 'failed') this.end({ as: 'failed', jitter: 0 }, now);
    else if (how === 'abandoned') this.end({ as: 'abandoned' }, now);
    else this.end(success(granted, { version: this.#version, again: how === 'again', task_counts }), now);
    this.#asked = asked || how === 'abandoned';
  }

  end(outcome: RunOutcome, now: number): void {
    const granted_version = this.run?.granted ?? null;
    this.#asked = false;
    // A run has seen all up to its grant; a refusal says more than all that has arrived.
    this.#seen = Math.max(this.#seen, granted_version ?? this.watched.version);
    if (this.#came <= this.#seen) this.#came = 0;
    this.watched = afterRun(this.watched, outcome, { granted_version }, iso(now));
    this.run = null;
    this.#endedAt = now;
  }

  /** Call it when the scheduler has heard all. */
  check(now: number): void {
    const { next_run_at, run_id, runnable } = this.watched;
    expect(runnable, 'what the scheduler knows').to.equal(this.#runnable);
    if (!runnable) return void expect(next_run_at, 'no run while it waits or is paused').to.equal(null);
    if (run_id !== null) return;
    expect(next_run_at, 'a mission that can be run has a next run').to.be.a('string');
    const due = Date.parse(next_run_at ?? '');
    if (this.isOffered) expect(due, 'offered at once').to.be.at.most(now);
    else if (this.#endedAt !== null)
      expect(due, 'nothing came: not before the interval').to.be.at.least(this.#endedAt + SHORTEST);
  }

  get isOffered(): boolean {
    return this.#runnable && this.run === null && (this.#came > 0 || this.#isSetFree || this.#asked);
  }
}

const iso = (time: number): string => new Date(time).toISOString();

const whose = fc.record({ customer: fc.nat({ max: CUSTOMERS - 1 }), user: fc.nat({ max: USERS - 1 }) });
const does = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('comes', 'other', 'hear', 'hear all') },
  { weight: 3, arbitrary: fc.constantFrom('begin', 'again', 'nothing', 'progress', 'failed', 'abandoned') },
  { weight: 2, arbitrary: fc.constantFrom('waits', 'set free', 'run waits', 'run sets free', 'run writes') },
);
const step = fc.record({ mission: fc.nat({ max: 7 }), does, minutes: fc.constantFrom(0, 0, 0, 1, 4, 7, 60) });

function follow(story: Story, what: string, now: number): void {
  const isRunning = story.run !== null;
  switch (what) {
    case 'comes':
      return story.change({ by_run: false, wakes: true });
    case 'other':
      return story.change({ by_run: false, wakes: false });
    case 'waits':
      return story.change({ by_run: false, wakes: false, runnable: false });
    case 'set free':
      return story.change({ by_run: false, wakes: true, runnable: true });
    case 'run waits':
      return isRunning ? story.change({ by_run: true, wakes: false, runnable: false }) : undefined;
    case 'run sets free':
      return isRunning ? story.change({ by_run: true, wakes: false, runnable: true }) : undefined;
    case 'run writes':
      return isRunning ? story.change({ by_run: true, wakes: false }) : undefined;
    case 'hear':
      return story.hear(now);
    case 'hear all':
      return story.hearAll(now);
    case 'begin':
      return void story.begin(now);
    default:
      return story.finish(what as 'again', now);
  }
}

describe('who is offered a run, and when', () => {
  it('is as the missions’ stories say, in 5,000 random histories of missions of 40 customers with 5 users each', () => {
    fc.assert(
      fc.property(
        fc.array(whose, { minLength: 8, maxLength: 8 }),
        fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
        (owners, steps) => {
          const stories = owners.map(({ customer, user }, id) => new Story(customer, user, id));
          let now = noon;
          for (const { mission, does: what, minutes } of steps) {
            now += minutes * MINUTE;
            const story = stories[mission]!;
            follow(story, what, now);
            // The late events of this mission only: the others' are still under way.
            if (what === 'hear all') story.check(now);
          }
          for (const story of stories) {
            story.hearAll(now);
            story.check(now);
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('no mission is run twice in an interval if nothing comes and its runs do nothing', () => {
    const story = new Story(0, 0, 0);
    let runs = 0;
    for (let minute = 0; minute < 4; minute++) {
      const now = noon + minute * MINUTE;
      story.hearAll(now);
      while (story.begin(now)) {
        runs++;
        story.change({ by_run: true, wakes: false });
        story.hearAll(now);
        story.finish('nothing', now);
        story.hearAll(now);
      }
    }
    expect(runs).to.equal(1);
  });
});
