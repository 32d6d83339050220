import { expect } from 'chai';
import { statement } from './statement.ts';

describe('statement', () => {
  it('refuses a name that another text has', () => {
    statement('spec.taken', 'select 1');
    expect(statement('spec.taken', 'select 1').text).to.equal('select 1');
    expect(() => statement('spec.taken', 'select 2')).to.throw('is taken by another text');
  });

  it('refuses a name that PostgreSQL would cut', () => {
    expect(() => statement('s'.repeat(64), 'select 1')).to.throw('longer than 63 bytes');
  });
});
