import { expect } from 'chai';
import { bytes, section, since, span, table } from './table.ts';

describe('the tables of the operators’ command', () => {
  it('align texts left and numbers right, and show a dash for a missing value', () => {
    expect(
      table(
        ['name', 'count'],
        [
          ['a', 1],
          ['long name', 12_345],
        ],
      ),
    ).to.equal('name       count\na              1\nlong name  12345');
    expect(table(['name', 'id'], [['a', null]])).to.equal('name  id\na     -');
    expect(section('Things', ['name'], [], 'none')).to.equal('Things: none');
    expect(section('Things', ['name'], [['a']], 'none')).to.equal('Things\n  name\n  a');
  });

  it('cut a long text, and replace control characters that a terminal would obey', () => {
    const [, row = ''] = table(['name'], [['\u001b[31mred\nline\u202e'.padEnd(200, 'x')]]).split('\n');
    expect(row)
      .to.match(/^ \[31mred line x+…$/)
      .and.have.length(80);
  });

  it('show sizes, durations and distances of time in fitting units', () => {
    expect([0, 1_023, 1_024, 512 * 1024 * 1024, 3 * 1024 ** 4].map(bytes)).to.deep.equal([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '512.0 MiB',
      '3072.0 GiB',
    ]);
    expect([0, 999, 61_000, 3_600_000, 90_061_000].map(span)).to.deep.equal([
      '0 s',
      '1 s',
      '1 min 1 s',
      '1 h',
      '1 d 1 h',
    ]);
    const now = Date.parse('2026-01-01T00:01:00Z');
    expect([
      since('2026-01-01T00:00:00Z', now),
      since('2026-01-01T00:01:05Z', now),
      since('0001-01-01T00:00:00Z', now),
      since(null, now),
    ]).to.deep.equal(['1 min ago', 'in 5 s', '-', '-']);
  });
});
