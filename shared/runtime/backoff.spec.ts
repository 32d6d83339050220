import { expect } from 'chai';
import { backoff } from './backoff.ts';

describe('backoff', () => {
  const waits = (counts: number[], options: Parameters<typeof backoff>[1]) =>
    counts.map((count) => backoff(count, options));

  it('doubles from the first wait up to the longest', () => {
    expect(waits([1, 2, 3, 4, 5, 2_000], { firstMs: 100, maxMs: 1_000 })).to.deep.equal([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
  });

  it('counts a failure number below one as the first', () => {
    expect(waits([0, -3], { firstMs: 100, maxMs: 1_000 })).to.deep.equal([100, 100]);
  });

  it('grows by another factor if asked', () => {
    expect(waits([1, 2, 3], { firstMs: 5, maxMs: 100, factor: 3 })).to.deep.equal([5, 15, 45]);
  });

  it('takes the random share from the whole wait, the bound included', () => {
    const jittered = (jitter: number, dice: number) =>
      waits([1, 9], { firstMs: 100, maxMs: 400, jitter, random: () => dice });
    expect(jittered(1, 0)).to.deep.equal([0, 0]);
    expect(jittered(1, 0.25)).to.deep.equal([25, 100]);
    expect(jittered(0.5, 0)).to.deep.equal([50, 200]);
    expect(jittered(0.5, 0.5)).to.deep.equal([75, 300]);
  });
});
