import { expect } from 'chai';
import { Type } from 'typebox';
import { closed, Nullable } from './fields.ts';
import { parser } from './schema.ts';
import { tolerantReader } from './tolerant-reader.ts';

const Written = Type.Object(
  {
    status: Type.Enum(['open', 'shut']),
    format: Nullable(Type.Enum(['wide', 'narrow'])),
    title: Type.String({ minLength: 1, maxLength: 5 }),
    at: Type.String({ format: 'date-time' }),
    counts: Type.Array(Type.Integer({ minimum: 0, maximum: 9 }), { maxItems: 1 }),
  },
  { ...closed, $id: 'Written' },
);

const known = { status: 'open', format: 'wide', title: 'x', at: '2027-01-31T09:00:00Z', counts: [1] };

describe('a tolerant reader', () => {
  const strict = parser(Written);
  const read = parser(tolerantReader(Written));
  const newer: Record<string, object> = {
    'another member': { ...known, colour: 'red' },
    'another word': { ...known, status: 'ajar' },
    'another word where there may be none': { ...known, format: 'tall' },
    'longer text': { ...known, title: 'longer than before' },
    'another form of text': { ...known, at: 'tomorrow' },
    'more and larger numbers': { ...known, counts: [10, 11] },
  };

  it('may bear the name of another schema', () => {
    expect(parser({ ...Written })(known)).to.equal(known);
    expect(parser(tolerantReader({ ...Written }))(known)).to.equal(known);
  });

  for (const [what, value] of Object.entries(newer)) {
    it(`takes ${what}`, () => {
      expect(() => strict(value)).to.throw();
      expect(read(value)).to.equal(value);
    });
  }

  const broken: Record<string, object> = {
    'a member that is missing': { ...known, format: undefined },
    'another type': { ...known, status: 7 },
    'another type in a list': { ...known, counts: ['1'] },
    'nothing where there must be something': { ...known, title: null },
  };

  for (const [what, value] of Object.entries(broken)) {
    it(`refuses ${what}`, () => {
      expect(() => read(JSON.parse(JSON.stringify(value)))).to.throw();
    });
  }
});
