import { expect } from 'chai';
import {
  afterRun as afterRunOf,
  observe,
  type ObservedState,
  type RunOutcome,
  success,
  type TaskCounts,
  type WatchedMission,
} from './schedule.ts';
import { isRunnable, type MissionEventData, wakes } from './event-mapping.ts';

const noon = '2026-06-01T12:00:00.000Z';
const at = (minutes: number): string => new Date(Date.parse(noon) + minutes * 60_000).toISOString();

const mission: WatchedMission = {
  mission_id: 'm',
  customer_id: 'acme',
  user_id: 'ann',
  version: 5,
  runnable: true,
  erased: false,
  next_run_at: at(180),
  next_reason: 'interval',
  idle: 4,
  failures: 0,
  attempt: 1,
  last_check_at: noon,
  run_id: null,
  woken_version: 0,
  seen_version: 0,
  priority: 'normal',
  life_deadline_at: null,
};
const unknown: WatchedMission = {
  ...mission,
  version: 0,
  runnable: false,
  next_run_at: null,
  idle: 0,
  last_check_at: null,
};
const observed: ObservedState = {
  customer_id: 'acme',
  user_id: 'ann',
  version: 6,
  runnable: true,
  by_run: false,
  wakes: false,
  priority: undefined,
  life_deadline_at: undefined,
};
const next = (before: WatchedMission, change: Partial<ObservedState> = {}, now = at(1)) => {
  const decision = observe(before, { ...observed, ...change }, now);
  if (decision.kind !== 'moved') return decision.reason;
  const { next_run_at, next_reason, idle } = decision.next;
  return [next_run_at, next_reason, idle];
};

/** A run that was granted with the version 5 of the mission. */
const afterRun = (before: WatchedMission, outcome: RunOutcome, now: string): WatchedMission =>
  afterRunOf(before, outcome, { granted_version: 5 }, now);
const succeeded = (changed: boolean, goes_on = false): RunOutcome => ({
  as: 'succeeded',
  changed,
  goes_on,
  version: 8,
});

describe('when a mission gets its next run', () => {
  it('it is due at once when the mission becomes runnable', () => {
    expect(next(unknown)).to.deep.equal([at(1), 'created', 0]);
    expect(next({ ...mission, runnable: false, next_run_at: null })).to.deep.equal([at(1), 'unblocked', 0]);
  });

  it('it is due when the open run ends if the mission became runnable during that run', () => {
    const decision = observe({ ...mission, runnable: false, next_run_at: null, run_id: 'r' }, observed, at(1));
    if (decision.kind !== 'moved') throw new Error(decision.reason);
    expect(afterRun(decision.next, succeeded(true), at(2))).to.include({
      next_run_at: at(1),
      next_reason: 'unblocked',
      run_id: null,
    });
  });

  it('it is due 5 minutes after the last run once a caller changed the mission, even if that time is past', () => {
    expect(next(mission)).to.deep.equal([at(5), 'interval', 0]);
    expect(next(mission, {}, at(100))).to.deep.equal([at(5), 'interval', 0]);
    expect(next({ ...mission, next_run_at: at(3) })).to.deep.equal([at(3), 'interval', 0]);
  });

  it('a change by the mission’s own run does not move it', () => {
    expect(next(mission, { by_run: true })).to.deep.equal([at(180), 'interval', 4]);
    expect(next({ ...mission, runnable: false, next_run_at: null, run_id: 'r' }, { by_run: true })).to.deep.equal([
      null,
      'interval',
      4,
    ]);
    expect(next({ ...mission, runnable: false, next_run_at: null }, { by_run: true })).to.deep.equal([
      at(180),
      'interval',
      4,
    ]);
  });

  it('no run is due while the mission is not runnable', () => {
    expect(next(mission, { runnable: false })).to.deep.equal([null, 'interval', 4]);
    expect(
      afterRun({ ...mission, runnable: false, run_id: 'r', next_run_at: null }, succeeded(true), noon).next_run_at,
    ).to.equal(null);
  });

  it('its priority is that of its newest event, and stays where an event leaves it out', () => {
    const priorityAfter = (change: Partial<ObservedState>) => {
      const decision = observe({ ...mission, priority: 'high' }, { ...observed, ...change }, at(1));
      return decision.kind === 'moved' ? decision.next.priority : decision.reason;
    };
    expect(priorityAfter({ priority: 'urgent' })).to.equal('urgent');
    expect(priorityAfter({ priority: undefined })).to.equal('high');
    expect(priorityAfter({ priority: 'low', version: 5 })).to.equal('older-version');
  });

  it('an older event, or one of an erased mission, does not move it', () => {
    expect(next(mission, { version: 5 })).to.equal('older-version');
    expect(next({ ...mission, erased: true })).to.equal('erased');
  });

  it('a back-off after failures goes on when a caller changes the mission, which does not mend the agent', () => {
    expect(next({ ...mission, failures: 2, next_run_at: at(10) })).to.deep.equal([at(10), 'interval', 0]);
  });

  it('the intervals of runs that change nothing grow: 5, 15, 30, 60, 180, 360 minutes', () => {
    let one: WatchedMission = { ...mission, idle: 0, run_id: 'r', next_run_at: null };
    const pauses = [];
    for (let i = 0; i < 7; i++) {
      const ended = afterRun(one, succeeded(i === 0), noon);
      pauses.push((Date.parse(ended.next_run_at ?? '') - Date.parse(noon)) / 60_000);
      one = { ...ended, run_id: 'r', next_run_at: null };
    }
    expect(pauses).to.deep.equal([5, 15, 30, 60, 180, 360, 360]);
  });

  it('failures double the back-off, jitter is added to it, and a success resets it', () => {
    const running = { ...mission, run_id: 'r', next_run_at: null };
    const failed = afterRun(running, { as: 'failed', jitter: 0.1 }, noon);
    expect(failed).to.include({ next_run_at: at(5.5), next_reason: 'retry', attempt: 2, failures: 1 });
    expect(afterRun({ ...failed, next_run_at: null }, { as: 'failed', jitter: 0 }, noon)).to.include({
      next_run_at: at(10),
      attempt: 3,
    });
    expect(afterRun({ ...failed, next_run_at: null }, succeeded(true), noon)).to.include({
      failures: 0,
      attempt: 1,
    });
  });

  it('it is due at once after a lost lease, and after 5 minutes if the mission service refused the run', () => {
    const running = { ...mission, run_id: 'r', next_run_at: null };
    expect(afterRun(running, { as: 'abandoned' }, at(2))).to.include({
      next_run_at: at(2),
      next_reason: 'retry',
      attempt: 2,
      failures: 0,
    });
    expect(afterRun(running, { as: 'refused' }, at(2))).to.include({ next_run_at: at(7), attempt: 1 });
  });
});

describe('a mission for which something has come', () => {
  const wake = { wakes: true };
  const running = { ...mission, idle: 0, run_id: 'r', next_run_at: null };
  const moved = (before: WatchedMission, change: Partial<ObservedState>, now = at(1)): WatchedMission => {
    const decision = observe(before, { ...observed, ...change }, now);
    if (decision.kind !== 'moved') throw new Error(decision.reason);
    return decision.next;
  };

  it('is due at once, though it could be worked on all the time', () => {
    expect(next(mission, wake)).to.deep.equal([at(1), 'unblocked', 0]);
  });

  it('is due at once in a back-off, and the failures in a row go on counting', () => {
    const woken = moved({ ...mission, failures: 2 }, wake);
    expect(woken).to.include({ next_run_at: at(1), failures: 2 });
  });

  it('is due when its run ends if that run has not seen it', () => {
    const woken = moved(running, wake);
    expect(woken.next_run_at).to.equal(null);
    for (const outcome of [succeeded(false), succeeded(true), { as: 'failed', jitter: 0 } as const])
      expect(afterRun(woken, outcome, at(2))).to.include({ next_run_at: at(2), next_reason: 'unblocked' });
  });

  it('is not due again if a run has seen it, whether its event comes in time or late', () => {
    const woken = moved({ ...running, version: 4, run_id: null }, { ...wake, version: 5 });
    const done = afterRun({ ...woken, run_id: 'r', next_run_at: null, version: 6 }, succeeded(true), at(2));
    expect(done.next_run_at).to.equal(at(7));
    const late = afterRun({ ...running, version: 4 }, succeeded(true), at(2));
    expect(moved(late, { ...wake, version: 5 }, at(3)).next_run_at).to.equal(at(7));
  });

  it('is due at once by a later change of a decision whose first change has arrived already', () => {
    expect(next({ ...mission, version: 6 }, wake)).to.deep.equal([at(1), 'unblocked', 4]);
    expect(next({ ...mission, version: 6, woken_version: 6 }, wake)).to.equal('older-version');
  });

  it('is not due while it cannot be run, and is due at once when its run lets it be run again', () => {
    const waiting = moved(running, { ...wake, runnable: false });
    const ended = afterRun(waiting, succeeded(true), at(2));
    expect(ended.next_run_at).to.equal(null);
    expect(moved(ended, { version: 7, by_run: true }, at(3)).next_run_at).to.equal(at(3));
  });

  it('is asked for once if the mission service refuses the run', () => {
    const refused = afterRun(moved({ ...mission, run_id: 'r', next_run_at: null }, wake), { as: 'refused' }, at(2));
    expect(refused.next_run_at).to.equal(at(7));
  });

  const event = (data: Partial<MissionEventData>): MissionEventData => ({
    mission: { status: 'active', can_run_autonomously: true, task_counts: {} },
    ...data,
  });
  it('a response, a signal, a deadline and mail that cannot arrive are what it waited for', () => {
    for (const by of ['answer', 'signal', 'timeout', 'unreachable', 'time'])
      expect(wakes(event({ event_type: 'unblocked', metadata: { resolution: { by } } })), by).to.equal(true);
    for (const by of ['hand', 'cancelled'])
      expect(wakes(event({ event_type: 'unblocked', metadata: { resolution: { by } } })), by).to.equal(false);
  });

  it('its user writes or acts; what its own run does is no reason', () => {
    expect(wakes(event({ event_type: 'user_message' }))).to.equal(true);
    expect(wakes(event({ event_type: 'task_updated', by_user: true }))).to.equal(true);
    expect(wakes(event({ event_type: 'agent_message' }))).to.equal(false);
    expect(wakes(event({ event_type: 'user_message', by_run: true }))).to.equal(false);
  });
});

describe('a run that succeeded', () => {
  const running = { ...mission, idle: 0, run_id: 'r', next_run_at: null };
  const granted = { granted_version: 5, granted_counts: { ready: 1, in_progress: 1, pending: 1 } as TaskCounts };
  const nextAfter = (task_counts: TaskCounts, again = false, from = granted): string | null =>
    afterRunOf(running, success(from, { version: 9, again, task_counts }), from, at(1)).next_run_at;

  it('is followed at once by another if it asks for another turn', () => {
    expect(nextAfter({ in_progress: 1 }, true)).to.equal(at(1));
  });

  it('is followed at once by another if it added or ended a task and leaves one that can be started', () => {
    expect(nextAfter({ completed: 1, ready: 1, pending: 1 })).to.equal(at(1));
    expect(nextAfter({ ready: 2, in_progress: 1, pending: 1 })).to.equal(at(1));
    expect(nextAfter({ completed: 1, in_progress: 2 })).to.equal(at(6));
  });

  it('is not followed at once by another if it got on with nothing', () => {
    expect(nextAfter({ ready: 1, in_progress: 1, pending: 1 })).to.equal(at(6));
    expect(nextAfter({ ready: 2, pending: 1 })).to.equal(at(6));
    expect(nextAfter({ ready: 1 }, false, { granted_version: 5, granted_counts: null } as never)).to.equal(at(6));
  });

  it('is followed at once as it asked, though what it did last has not arrived yet', () => {
    const asked = success(granted, { version: 9, again: true, task_counts: {} });
    const ended = afterRunOf({ ...running, runnable: false }, asked, granted, at(1));
    expect(ended.next_run_at).to.equal(null);
    const decision = observe(ended, { ...observed, version: 8, by_run: true }, at(2));
    expect(decision).to.have.nested.property('next.next_run_at', at(2));
  });
});

describe('whether a mission is runnable', () => {
  const state = { status: 'active', can_run_autonomously: true, deleted: false, task_counts: {} };
  for (const [what, overrides, expected] of [
    ['with a ready task it is', { task_counts: { ready: 1 } }, true],
    ['with a task in progress it is', { task_counts: { in_progress: 1, pending: 3 } }, true],
    [
      'with a ready task it is, though another task waits',
      { status: 'waiting', task_counts: { waiting_human: 1, ready: 1 } },
      true,
    ],
    ['without open tasks it is: it has to be planned or finished', { task_counts: { completed: 2 } }, true],
    ['with a failed task it is', { task_counts: { failed: 1, pending: 1 } }, true],
    [
      'with tasks that only wait it is not',
      { status: 'waiting', task_counts: { waiting_external: 1, pending: 1 } },
      false,
    ],
    ['waiting for its user as a whole it is not', { waits_for_user: true, task_counts: { ready: 1 } }, false],
    ['paused it is not', { status: 'paused', task_counts: { ready: 1 } }, false],
    ['closed it is not', { status: 'failed', task_counts: { failed: 1 } }, false],
    ['deleted it is not', { deleted: true, task_counts: { ready: 1 } }, false],
    [
      'without permission to run autonomously it is not',
      { can_run_autonomously: false, task_counts: { ready: 1 } },
      false,
    ],
  ] as const)
    it(what, () =>
      expect(isRunnable({ ...state, ...overrides } as Parameters<typeof isRunnable>[0])).to.equal(expected),
    );
});
