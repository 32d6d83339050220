import { expect } from 'chai';
import { median, pairedRatio } from './statistics.ts';

describe('statistics of rounds', () => {
  it('takes the middle, or the mean of the two middles', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
  });

  it('is not moved by a slow minute that both halves of a pair shared', () => {
    const ratio = pairedRatio([200, 100, 20], [100, 50, 10]);
    expect(ratio.figure).to.equal(2);
    expect(ratio.spread).to.deep.equal([2, 2]);
  });
});
