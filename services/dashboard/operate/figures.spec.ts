import { expect } from 'chai';
import { clocksOf, failingOf, sizeOf, spanOf } from './figures.ts';

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

describe('the line of the clocks', () => {
  const of = (...clocks: Exclude<Parameters<typeof clocksOf>[0][number]['clock'], undefined>[]) =>
    clocksOf(clocks.map((clock, at) => ({ service: at === 0 ? 'mission' : 'approval', clock })));
  const agreeing = { virtual: false, host_ahead_ms: -30 };

  for (const [what, said, expected] of [
    ['is one sentence where all agree', of(agreeing, agreeing), ['All services go by the database’s clock']],
    [
      'names the machine that is ahead',
      of(agreeing, { ...agreeing, host_ahead_ms: 180_000 }),
      ['approval is 3 min ahead of'],
    ],
    [
      'names the machine that is behind',
      of({ ...agreeing, host_ahead_ms: -5_000 }, agreeing),
      ['mission is 5 s behind'],
    ],
    [
      'says that a test moves a clock',
      of({ virtual: true, host_ahead_ms: 9e9 }),
      ['mission goes by a clock that a test'],
    ],
    ['is unknown where no service says it', of(null, null), undefined],
  ] as const)
    it(what, () => {
      expect(said?.length).to.equal(expected?.length);
      expected?.forEach((text, at) => expect(said?.[at]).to.contain(text));
    });
});
