import { expect } from 'chai';
import { contentOf, fieldsOf } from './content.ts';

const text = (text: string) => ({ kind: 'text', text });

describe('the context of a question', () => {
  it('is fields, lists and words', () => {
    expect(fieldsOf({ to: ['ada@example.com'], cost: { total: 12.5, paid: false } })).to.deep.equal([
      { name: 'To', content: { kind: 'list', items: [text('ada@example.com')] } },
      {
        name: 'Cost',
        content: {
          kind: 'fields',
          fields: [
            { name: 'Total', content: text('12.5') },
            { name: 'Paid', content: text('no') },
          ],
        },
      },
    ]);
  });

  for (const [name, read] of [
    ['total_cost', 'Total cost'],
    ['totalCost', 'Total cost'],
    ['mailURL', 'Mail URL'],
    ['Straße 7', 'Straße 7'],
    ['اسم', 'اسم'],
    ['__proto__', '__proto__'],
    ['', '–'],
  ] as const)
    it(`reads the name ${JSON.stringify(name)} as ${JSON.stringify(read)}`, () =>
      expect(
        fieldsOf(JSON.parse(`{${JSON.stringify(name)}:1}`) as object as Record<string, unknown>)[0]?.name,
      ).to.equal(read));

  for (const [value, read] of [
    [null, '–'],
    ['', '–'],
    [[], '–'],
    [{}, '–'],
    [true, 'yes'],
    [0, '0'],
    ['<b>bold</b>', '<b>bold</b>'],
  ] as const)
    it(`shows ${JSON.stringify(value)} as ${read}`, () => expect(contentOf(value)).to.deep.equal(text(read)));

  it('is JSON where it is nested too deep to be read', () => {
    const nested = { a: { b: { c: { d: { e: { f: 'deep' } } } } } };
    expect(JSON.stringify(contentOf(nested))).to.contain(String.raw`{\n  \"f\": \"deep\"\n}`);
  });
});
