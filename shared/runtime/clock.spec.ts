import { expect } from 'chai';
import { systemClock, VirtualClock } from './clock.ts';

describe('the virtual clock', () => {
  const start = new Date('2026-01-01T00:00:00Z');

  it('stands still until it is moved', () => {
    const clock = new VirtualClock(start);
    expect(clock.now()).to.deep.equal(start);
    clock.advance(14 * 24 * 3_600_000);
    expect(clock.now().toISOString()).to.equal('2026-01-15T00:00:00.000Z');
    clock.set(start);
    expect(clock.now()).to.deep.equal(start);
  });

  it('is not moved by a change of a date that it returned', () => {
    const clock = new VirtualClock(start);
    clock.now().setFullYear(1999);
    expect(clock.now()).to.deep.equal(start);
  });
});

describe('the system clock', () => {
  it('shows the current time', () => {
    expect(systemClock.now().getTime()).to.be.closeTo(Date.now(), 1000);
  });
});

describe('sleep', () => {
  it('on the virtual clock ends when the clock has been moved far enough, and not before', async () => {
    const clock = new VirtualClock(new Date('2026-01-01T00:00:00Z'));
    let woken = false;
    const slept = clock.sleep(1000).then(() => {
      woken = true;
    });
    clock.advance(999);
    await Promise.resolve();
    expect(woken).to.equal(false);
    clock.advance(1);
    await slept;
  });

  for (const [name, make] of [
    ['virtual', () => new VirtualClock(new Date('2026-01-01T00:00:00Z'))],
    ['system', () => systemClock],
  ] as const) {
    it(`on the ${name} clock ends at once when its signal is aborted, or was before`, async () => {
      const abort = new AbortController();
      const slept = make().sleep(60_000, abort.signal);
      abort.abort();
      await slept;
      await make().sleep(60_000, abort.signal);
    });
  }

  it('on the system clock is cut to the longest possible timer, rather than ending at once', async () => {
    const abort = new AbortController();
    let woken = false;
    const slept = systemClock.sleep(2 ** 40, abort.signal).then(() => {
      woken = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(woken).to.equal(false);
    abort.abort();
    await slept;
  });
});
