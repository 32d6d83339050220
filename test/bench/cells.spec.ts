import { expect } from 'chai';
import fc from 'fast-check';
import { random } from '@missions/test-support/random.ts';
import { type Cell, cellFor, customersOf, grown, loadOf, place, relieve, type Rule } from './cells.ts';

const rule: Rule = { capacity: 10, placeUpTo: 0.6, moveFrom: 0.8 };
/** A cell for each list of loads; customers are numbered through. */
const cellsOf = (...loads: number[][]): Cell[] => {
  let id = 0;
  return loads.map((all, at) => ({ id: at, customers: all.map((load) => ({ id: id++, load })) }));
};
const loads = (cells: readonly Cell[]): number[] => cells.map(loadOf);

describe('the directory of customers on paper', () => {
  const placements: [string, number[][], number, number | undefined][] = [
    ['the emptiest cell takes a customer', [[3], [1], [2]], 1, 1],
    ['the first of several equal ones takes it', [[2], [1], [1]], 1, 1],
    ['a cell takes a customer that fills it to its bound', [[5], [4]], 2, 1],
    ['no cell takes what would fill it beyond its bound', [[5], [4]], 2.1, undefined],
    ['a customer that is larger than the bound finds no cell', [[]], 7, undefined],
  ];
  for (const [rule_, filled, load, cell] of placements)
    it(rule_, () => expect(cellFor(cellsOf(...filled), { id: 99, load }, rule)?.id).to.equal(cell));

  const reliefs: [string, number[][], number[], string[]][] = [
    ['a cell below its bound is left alone', [[8], [1]], [8, 1], []],
    ['the smallest customer goes whose leaving is enough', [[1, 3, 5], [1]], [6, 4], ['1: 0 to 1']],
    [
      'the largest goes first where none alone is enough',
      [[3, 3, 3, 3], [], []],
      [6, 3, 3],
      ['3: 0 to 1', '0: 0 to 2'],
    ],
    ['the fullest cell is relieved first', [[9, 1], [9], [3]], [9, 9, 4], ['1: 0 to 2']],
    ['who fits nowhere stays', [[9], [1]], [9, 1], []],
  ];
  for (const [rule_, filled, left, moved] of reliefs)
    it(rule_, () => {
      const { cells, moves } = relieve(cellsOf(...filled), rule);
      expect(loads(cells)).to.deep.equal(left);
      expect(moves.map(({ customer, from, to }) => `${customer}: ${from} to ${to}`)).to.deep.equal(moved);
    });

  it('names who found no room', () => {
    const { homeless } = place(cellsOf([5], [5]), [{ id: 7, load: 2 }], rule);
    expect(homeless.map(({ id }) => id)).to.deep.equal([7]);
  });

  it('keeps every customer in one cell and no cell beyond its bound, whoever grows', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 3, noNaN: true }), { maxLength: 40 }), (sizes) => {
        const customers = sizes.map((load, id) => ({ id, load }));
        const placed = place(cellsOf([], [], []), customers, rule);
        const after = relieve(
          grown(placed.cells, ({ id }) => 1 + (id % 3)),
          rule,
        );
        const ids = after.cells.flatMap((cell) => cell.customers.map(({ id }) => id)).toSorted((a, b) => a - b);
        const housed = customers.map(({ id }) => id).filter((id) => !placed.homeless.some((one) => one.id === id));
        expect(ids).to.deep.equal(housed);
        if (after.homeless.length === 0)
          expect(Math.max(...loads(after.cells))).to.be.at.most(rule.capacity * rule.moveFrom);
      }),
    ));

  it('a fifth of the customers bring most of the load', () => {
    const all = customersOf(1_000, random('customers of cells'), { least: 1, most: 10_000 });
    const sorted = all.map(({ load }) => load).toSorted((a, b) => b - a);
    const sum = (some: readonly number[]): number => some.reduce((total, one) => total + one, 0);
    expect(sum(sorted.slice(0, 200)) / sum(sorted)).to.be.within(0.55, 0.98);
  });
});
