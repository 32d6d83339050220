import fc from 'fast-check';
import { random } from '@missions/test-support/random.ts';

describe('a spec that draws', () => {
  it('draws', () => {
    const next = random('a sample');
    console.log(`draws ${[next(), next(), ...fc.sample(fc.nat(), 3)].join(',')}`);
  });
});
