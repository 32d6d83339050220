import { expect } from 'chai';
import { noCurrentDateInDomain } from './clocks.ts';
import { files, places } from './samples.ts';

describe('rule: a domain makes no date of the current time', () => {
  for (const text of ['new Date()', 'new Date;', 'Date()'])
    it(`finds ${text}`, () =>
      expect(places(noCurrentDateInDomain(files({ 'services/mission/domain/a.ts': text })))).to.deep.equal([
        'services/mission/domain/a.ts:1',
      ]));

  it('lets pass a date of a given time, a comment, and the clock of a service', () => {
    const found = noCurrentDateInDomain(
      files({
        'services/scheduler/runs/domain/a.ts': 'new Date(at); // new Date()',
        'services/mission/jobs/a.ts': 'new Date()',
      }),
    );
    expect(found).to.deep.equal([]);
  });
});
