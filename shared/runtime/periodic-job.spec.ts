import { expect } from 'chai';
import { VirtualClock } from './clock.ts';
import { createLogger } from './logger.ts';
import { startPeriodicJob } from './periodic-job.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('periodic job', () => {
  const clock = new VirtualClock(new Date('2026-01-01T00:00:00Z'));
  const logger = createLogger({ service: 'sample', level: 'silent' });
  const start = (run: (stopping: AbortSignal) => Promise<unknown>, runAtStart?: boolean) =>
    startPeriodicJob({ name: 'sample', logger, clock, everyMs: 1_000, run, ...(runAtStart && { runAtStart }) });

  it('runs after each interval, and goes on after a failure', async () => {
    let runs = 0;
    const job = start(() => (runs++ === 0 ? Promise.reject(new Error('broken')) : Promise.resolve()));
    await settle();
    expect(runs).to.equal(0);
    for (const expected of [1, 2, 3]) {
      clock.advance(1_000);
      await settle();
      expect(runs).to.equal(expected);
    }
    await job.stop();
    clock.advance(1_000);
    await settle();
    expect(runs).to.equal(3);
  });

  it('runs at once if asked', async () => {
    let runs = 0;
    const job = start(() => Promise.resolve(runs++), true);
    await settle();
    expect(runs).to.equal(1);
    await job.stop();
  });

  it('never runs twice at a time, and its stop waits for the running one', async () => {
    const go = Promise.withResolvers<void>();
    let runs = 0;
    let aborted = false;
    let stopped = false;
    const job = start(async (stopping) => {
      runs += 1;
      await go.promise;
      aborted = stopping.aborted;
    }, true);
    clock.advance(5_000);
    await settle();
    const stop = job.stop().then(() => (stopped = true));
    await settle();
    expect([runs, stopped]).to.deep.equal([1, false]);
    go.resolve();
    await stop;
    expect([runs, aborted]).to.deep.equal([1, true]);
  });

  it('has no readiness check, so that a failed run does not make its service unready', async () => {
    const failing = startPeriodicJob({
      name: 'failing',
      logger: createLogger({ service: 'spec', level: 'silent' }),
      everyMs: 60_000,
      run: () => Promise.reject(new Error('failed')),
    });
    expect(failing).to.have.all.keys('stop');
    await failing.stop();
  });
});
