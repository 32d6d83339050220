import { expect } from 'chai';
import { readOptions, rowsOf } from './options.ts';

describe('options of the bench', () => {
  it('rows and settings are accepted in any order', () => {
    const options = readOptions(['create', '--rounds', '3', '--seconds', '0.5', 'get'], ['create', 'get']);
    expect(options).to.deep.include({ rows: ['create', 'get'], rounds: 3, seconds: 0.5, connections: 32 });
  });

  it('an unknown row is refused with the list of rows', () => {
    expect(() => readOptions(['lits'], ['create', 'list'])).to.throw('no such row: lits; there are create, list');
  });

  it('a setting that is no number or too small is refused', () => {
    expect(() => readOptions(['--rounds', '0'], [])).to.throw('--rounds');
    expect(() => readOptions(['--seconds', 'five'], [])).to.throw('--seconds');
  });

  it('peers are measured only if they are asked for, and alone unless other rows are named', () => {
    const known = ['create', 'cycle', 'peers'];
    const rows = (...args: string[]): string[] => rowsOf(readOptions(args, known), known);
    expect(rows()).to.deep.equal(['create', 'cycle']);
    expect(rows('--peers')).to.deep.equal(['peers']);
    expect(rows('peers')).to.deep.equal(['peers']);
    expect(rows('cycle', '--peers')).to.deep.equal(['cycle', 'peers']);
  });
});
