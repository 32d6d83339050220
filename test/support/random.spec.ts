import { expect } from 'chai';
import { execFileSync } from 'node:child_process';

/** Numbers from a separate process, so that the seed of this run is not changed. */
const numbers = (seed: number, purpose: string): number[] =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { random, setSeed } from ${JSON.stringify(new URL('random.ts', import.meta.url).href)};
         setSeed(${seed});
         const next = random(${JSON.stringify(purpose)});
         console.log(JSON.stringify(Array.from({ length: 1000 }, next)));`,
      ],
      { encoding: 'utf8' },
    ),
  ) as number[];

describe('random numbers of a run', () => {
  it('repeat with the seed and the purpose, and differ with either', () => {
    const first = numbers(1, 'kills');
    expect(numbers(1, 'kills')).to.deep.equal(first);
    expect(numbers(2, 'kills')).not.to.deep.equal(first);
    expect(numbers(1, 'crashes')).not.to.deep.equal(first);
  });

  it('lie between 0 and 1, as often below a half as above', () => {
    const all = numbers(3, 'kills');
    expect(all.every((one) => one >= 0 && one < 1)).to.equal(true);
    expect(all.filter((one) => one < 0.5).length).to.be.within(400, 600);
  });
});
