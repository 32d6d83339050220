import { expect } from 'chai';
import { readOptions } from './options.ts';

describe('options of the bench', () => {
  it('takes rows and settings in any order', () => {
    const options = readOptions(['create', '--rounds', '3', '--seconds', '0.5', 'get'], ['create', 'get']);
    expect(options).to.deep.include({ rows: ['create', 'get'], rounds: 3, seconds: 0.5, connections: 32 });
  });

  it('says which rows there are when asked for another', () => {
    expect(() => readOptions(['lits'], ['create', 'list'])).to.throw('no such row: lits; there are create, list');
  });

  it('refuses a setting that is no number or too small', () => {
    expect(() => readOptions(['--rounds', '0'], [])).to.throw('--rounds');
    expect(() => readOptions(['--seconds', 'five'], [])).to.throw('--seconds');
  });
});
