import { expect } from 'chai';
import { median, pairedRatio, percentile } from './statistics.ts';

describe('statistics of rounds', () => {
  it('the median is the middle value, or the mean of the two middle values', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
  });

  it('a percentile is the value that so many of the values do not exceed', () => {
    expect(percentile([5, 1, 4, 2, 3], 50)).to.equal(3);
    expect(percentile([1, 2], 99)).to.equal(2);
  });

  it('the paired ratio is unaffected by a slow minute that both contenders shared', () => {
    const ratio = pairedRatio([200, 100, 20], [100, 50, 10]);
    expect(ratio.figure).to.equal(2);
    expect(ratio.spread).to.deep.equal([2, 2]);
  });
});
