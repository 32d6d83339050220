import { expect } from 'chai';
import { addressOf, filterOf, queryOf } from './filter.ts';

describe('the filters of the list of missions', () => {
  it('are read from the address, and written back the same', () => {
    for (const address of [
      '/missions',
      '/missions?tab=waiting',
      '/missions?tab=all&q=budget+%26+room&priority=high&sort=due_at',
    ])
      expect(addressOf(filterOf(address.split('?')[1] ?? ''))).to.equal(address);
  });

  it('are the usual ones where the address says nothing that is known', () =>
    expect(filterOf('?tab=everything&sort=title&priority=none')).to.deep.equal(filterOf('')));

  it('become the query of the call', () => {
    expect(queryOf(filterOf(''))).to.deep.equal({ sort: '-updated_at', status: ['active', 'waiting', 'paused'] });
    expect(queryOf(filterOf('?tab=deleted&q=%20room%20'))).to.deep.equal({
      sort: '-updated_at',
      deleted: true,
      q: 'room',
    });
    expect(queryOf(filterOf('?tab=all&priority=urgent'))).to.deep.equal({ sort: '-updated_at', priority: ['urgent'] });
  });
});
