import { expect } from 'chai';
import { childTraceparent, newTraceparent, parseTraceparent } from './trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('traceparent', () => {
  it('is parsed into trace id, span id and flags', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).to.deep.equal({ traceId: TRACE, spanId: SPAN, flags: '01' });
  });

  it('of a later version may have further fields', () => {
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-00-what-comes`)?.traceId).to.equal(TRACE);
  });

  for (const header of [
    undefined,
    '',
    'garbage',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  ]) {
    it(`is ignored if it is ${header ?? 'missing'}, and a new trace begins`, () => {
      expect(parseTraceparent(header)).to.equal(undefined);
      expect(parseTraceparent(childTraceparent(header))?.traceId)
        .to.match(/^[0-9a-f]{32}$/)
        .and.not.equal(TRACE);
    });
  }

  it('of a child has the same trace id and flags, and another span id', () => {
    const child = parseTraceparent(childTraceparent(`00-${TRACE}-${SPAN}-00`));
    expect(child).to.include({ traceId: TRACE, flags: '00' });
    expect(child?.spanId).to.not.equal(SPAN);
  });

  it('has a new trace id or span id each time', () => {
    const parent = `00-${TRACE}-${SPAN}-00`;
    const spans = Array.from({ length: 10_000 }, () => parseTraceparent(childTraceparent(parent))?.spanId);
    expect(new Set(spans).size).to.equal(10_000);
    expect(new Set(Array.from({ length: 10_000 }, () => parseTraceparent(newTraceparent())?.traceId)).size).to.equal(
      10_000,
    );
  });

  it('of a new trace is valid and unique', () => {
    expect(parseTraceparent(newTraceparent())).to.not.equal(undefined);
    expect(newTraceparent()).to.not.equal(newTraceparent());
  });
});
