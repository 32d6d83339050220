import { expect } from 'chai';
import { sequences, tokens } from './tokens.ts';

const words = (source: string) => tokens(source).map((token) => token.value);
const texts = (source: string) =>
  tokens(source)
    .filter((token) => token.kind === 'text' || token.kind === 'part')
    .map(({ kind, value }) => [kind, value]);

describe('the scanner', () => {
  it('leaves out comments', () => {
    expect(words('a // Date.now()\n/* process.env\n */ b')).to.deep.equal(['a', 'b']);
  });

  it('knows strings from code, and quotes within them', () => {
    expect(texts(`f('it\\'s', "a // b")`)).to.deep.equal([
      ['text', "it\\'s"],
      ['text', 'a // b'],
    ]);
  });

  it('reads the code inside templates', () => {
    const source = '`a ${b({ c: `d ${e}` })} f`; g';
    expect(texts(source)).to.deep.equal([
      ['part', 'a '],
      ['part', 'd '],
      ['part', ''],
      ['part', ' f'],
    ]);
    expect(words(source)).to.include.members(['b', 'c', 'e', 'g']);
  });

  it('tells a whole template from one that is put together', () => {
    expect(texts('`whole`')).to.deep.equal([['text', 'whole']]);
  });

  it('tells a regular expression from a division', () => {
    expect(texts("x = /['\"]/g; y = a / b / c; z = 'text'")).to.deep.equal([['text', 'text']]);
    expect(words('return /`/.test(a)')).to.deep.equal(['return', '.', 'test', '(', 'a', ')']);
  });

  it('counts lines', () => {
    expect(tokens("a\n`b\nc`\n/* \n */ 'd'").map((token) => token.line)).to.deep.equal([1, 2, 5]);
  });

  it('finds sequences of code only', () => {
    expect(sequences(tokens("Date.now(); 'Date.now'; Date . now"), ['Date', '.', 'now'])).to.have.lengthOf(2);
  });
});
