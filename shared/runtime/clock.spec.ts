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

  it('is not moved through a date that it gave', () => {
    const clock = new VirtualClock(start);
    clock.now().setFullYear(1999);
    expect(clock.now()).to.deep.equal(start);
  });
});

describe('the system clock', () => {
  it('goes on', () => {
    expect(systemClock.now().getTime()).to.be.closeTo(Date.now(), 1000);
  });
});
