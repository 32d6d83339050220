import { expect } from 'chai';
import { afterRun, observe, type ObservedState, type WatchedMission } from './schedule.ts';
import { isRunnable } from './event-mapping.ts';

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
const seen: ObservedState = {
  customer_id: 'acme',
  user_id: 'ann',
  version: 6,
  runnable: true,
  by_run: false,
  life_deadline_at: undefined,
};
const next = (before: WatchedMission, change: Partial<ObservedState> = {}, now = at(1)) => {
  const observation = observe(before, { ...seen, ...change }, now);
  if (observation.kind !== 'moved') return observation.reason;
  const { next_run_at, next_reason, idle } = observation.next;
  return [next_run_at, next_reason, idle];
};

describe('when a mission gets its next run', () => {
  it('is at once when it becomes runnable', () => {
    expect(next(unknown)).to.deep.equal([at(1), 'created', 0]);
    expect(next({ ...mission, runnable: false, next_run_at: null })).to.deep.equal([at(1), 'unblocked', 0]);
  });

  it('is when its run has ended, when it becomes so during one', () => {
    const observation = observe({ ...mission, runnable: false, next_run_at: null, run_id: 'r' }, seen, at(1));
    if (observation.kind !== 'moved') throw new Error(observation.reason);
    expect(afterRun(observation.next, { as: 'succeeded', changed: true }, at(2))).to.include({
      next_run_at: at(1),
      next_reason: 'unblocked',
      run_id: null,
    });
  });

  it('is 5 minutes after the last check once others changed something, however long that is ago', () => {
    expect(next(mission)).to.deep.equal([at(5), 'interval', 0]);
    expect(next(mission, {}, at(100))).to.deep.equal([at(5), 'interval', 0]);
    expect(next({ ...mission, next_run_at: at(3) })).to.deep.equal([at(3), 'interval', 0]);
  });

  it('is neither brought forward nor put off by its own run', () => {
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

  it('is never while it cannot be run', () => {
    expect(next(mission, { runnable: false })).to.deep.equal([null, 'interval', 4]);
    expect(
      afterRun(
        { ...mission, runnable: false, run_id: 'r', next_run_at: null },
        { as: 'succeeded', changed: true },
        noon,
      ).next_run_at,
    ).to.equal(null);
  });

  it('does not hang on what is older, or of a mission that is erased', () => {
    expect(next(mission, { version: 5 })).to.equal('older-version');
    expect(next({ ...mission, erased: true })).to.equal('erased');
  });

  it('goes on backing off when others change something, for that does not mend the agent', () => {
    expect(next({ ...mission, failures: 2, next_run_at: at(10) })).to.deep.equal([at(10), 'interval', 0]);
  });

  it('grows: 5, 15, 30, 60, 180, 360 minutes', () => {
    let one: WatchedMission = { ...mission, idle: 0, run_id: 'r', next_run_at: null };
    const pauses = [];
    for (let i = 0; i < 7; i++) {
      const ended = afterRun(one, { as: 'succeeded', changed: i === 0 }, noon);
      pauses.push((Date.parse(ended.next_run_at ?? '') - Date.parse(noon)) / 60_000);
      one = { ...ended, run_id: 'r', next_run_at: null };
    }
    expect(pauses).to.deep.equal([5, 15, 30, 60, 180, 360, 360]);
  });

  it('backs off after failures, with the jitter it is given, and begins anew after success', () => {
    const running = { ...mission, run_id: 'r', next_run_at: null };
    const failed = afterRun(running, { as: 'failed', jitter: 0.1 }, noon);
    expect(failed).to.include({ next_run_at: at(5.5), next_reason: 'retry', attempt: 2, failures: 1 });
    expect(afterRun({ ...failed, next_run_at: null }, { as: 'failed', jitter: 0 }, noon)).to.include({
      next_run_at: at(10),
      attempt: 3,
    });
    expect(afterRun({ ...failed, next_run_at: null }, { as: 'succeeded', changed: true }, noon)).to.include({
      failures: 0,
      attempt: 1,
    });
  });

  it('is at once when the lease was lost, and 5 minutes on when the mission service refused', () => {
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

describe('a runnable mission', () => {
  const state = { status: 'active', can_run_autonomously: true, deleted: false, task_counts: {} };
  for (const [what, over, expected] of [
    ['has a ready task', { task_counts: { ready: 1 } }, true],
    ['has one in progress', { task_counts: { in_progress: 1, pending: 3 } }, true],
    ['waits, with another task ready', { status: 'waiting', task_counts: { waiting_human: 1, ready: 1 } }, true],
    ['has none open: it is to be planned or finished', { task_counts: { completed: 2 } }, true],
    ['has one that failed', { task_counts: { failed: 1, pending: 1 } }, true],
    ['does not only wait', { status: 'waiting', task_counts: { waiting_external: 1, pending: 1 } }, false],
    ['is not paused', { status: 'paused', task_counts: { ready: 1 } }, false],
    ['is open', { status: 'failed', task_counts: { failed: 1 } }, false],
    ['is not deleted', { deleted: true, task_counts: { ready: 1 } }, false],
    ['may run alone', { can_run_autonomously: false, task_counts: { ready: 1 } }, false],
  ] as const)
    it(what, () => expect(isRunnable({ ...state, ...over } as Parameters<typeof isRunnable>[0])).to.equal(expected));
});
