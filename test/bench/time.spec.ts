import { expect } from 'chai';
import { readOptions } from './options.ts';
import { deadlineOf, isRoundDue } from './time.ts';

describe('the time of the bench', () => {
  const rounds = (now: (round: number) => number, args: string[] = []): number => {
    const bench = { options: readOptions(args, []), deadline: 100, say: () => {} };
    let round = 1;
    while (isRoundDue(bench, round, now(round))) round += 1;
    return round - 1;
  };

  it('ends with the requested number of rounds', () => {
    expect(rounds(() => 0, ['--rounds', '4'])).to.equal(4);
    expect(rounds(() => 0, ['--rounds', '1'])).to.equal(1);
  });

  it('ends a row early, but not before two rounds', () => {
    expect(rounds((round) => round * 30)).to.equal(3);
    expect(rounds(() => 1_000)).to.equal(2);
  });

  it('is shared by the remaining rows', () => {
    expect(deadlineOf(0, 80, 8)).to.equal(10);
    expect(deadlineOf(60, 80, 1)).to.equal(80);
    expect(deadlineOf(90, 80, 2)).to.equal(90);
  });
});
