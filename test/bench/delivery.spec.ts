import { expect } from 'chai';
import { deliveryFaults } from './delivery.ts';

describe('delivery to streams', () => {
  const faults = (...streams: string[][]): string[] =>
    deliveryFaults(
      ['a', 'b', 'c'],
      streams.map((ids) => ({ ids })),
    );

  it('is in order when every stream got every event once, in whatever order', () => {
    expect(faults(['a', 'b', 'c'], ['c', 'a', 'b'])).to.deep.equal([]);
  });

  it('names the stream and the first event that is missing, that came twice, and that nobody wrote', () => {
    expect(faults(['a', 'b', 'c'], ['a'])).to.deep.equal(['stream 2 of 2: 2 of 3 events missing, the first b']);
    expect(faults(['a', 'b', 'c', 'b'])).to.deep.equal([
      'stream 1 of 1: 1 of 3 events delivered more than once, the first b',
    ]);
    expect(faults(['a', 'b', 'c', 'x'])).to.deep.equal([
      'stream 1 of 1: 1 of 3 events delivered and never written, the first x',
    ]);
  });

  it('does not let an event that came twice stand in for one that is missing', () => {
    expect(faults(['a', 'b', 'b'])).to.have.lengthOf(2);
  });
});
