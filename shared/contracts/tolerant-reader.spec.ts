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
    'an added member': { ...known, colour: 'red' },
    'an added word of a vocabulary': { ...known, status: 'ajar' },
    'an added word of a nullable vocabulary': { ...known, format: 'tall' },
    'longer text': { ...known, title: 'longer than before' },
    'text of another format': { ...known, at: 'tomorrow' },
    'more and larger numbers': { ...known, counts: [10, 11] },
  };

  it('may have the `$id` of another schema', () => {
    expect(parser({ ...Written })(known)).to.equal(known);
    expect(parser(tolerantReader({ ...Written }))(known)).to.equal(known);
  });

  for (const [what, value] of Object.entries(newer)) {
    it(`accepts ${what}`, () => {
      expect(() => strict(value)).to.throw();
      expect(read(value)).to.equal(value);
    });
  }

  const broken: Record<string, object> = {
    'a missing member': { ...known, format: undefined },
    'a value of another type': { ...known, status: 7 },
    'an item of another type': { ...known, counts: ['1'] },
    'null for a member that is not nullable': { ...known, title: null },
  };

  for (const [what, value] of Object.entries(broken)) {
    it(`refuses ${what}`, () => {
      expect(() => read(JSON.parse(JSON.stringify(value)))).to.throw();
    });
  }
});
