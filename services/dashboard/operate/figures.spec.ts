import { expect } from 'chai';
import { failingOf, sizeOf, spanOf } from './figures.ts';

describe('figures for operators', () => {
  for (const [bytes, text] of [
    [0, '0 bytes'],
    [1_023, '1023 bytes'],
    [1_536, '1.5 KiB'],
    [1_073_741_824, '1 GiB'],
    [-1, 'no limit'],
  ] as const)
    it(`${bytes} bytes are ${text}`, () => expect(sizeOf(bytes)).to.equal(text));

  for (const [milliseconds, text] of [
    [0, '0 ms'],
    [12_400, '12 s'],
    [600_000, '10 min'],
    [10_800_000, '3 h'],
    [432_000_000, '5 days'],
  ] as const)
    it(`${milliseconds} ms are ${text}`, () => expect(spanOf(milliseconds)).to.equal(text));

  it('leave out the checks that are well', () =>
    expect(failingOf({ nats: 'ok', clock: 'is 3 s ahead', other: { at: 1 } })).to.deep.equal([
      'clock: is 3 s ahead',
      'other: {"at":1}',
    ]));
});
