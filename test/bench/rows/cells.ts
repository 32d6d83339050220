import { random, setSeed } from '@missions/test-support/random.ts';
import {
  type Cell,
  type Customer,
  customersOf,
  grown,
  loadOf,
  place,
  type Plan,
  relieve,
  type Rule,
} from '../cells.ts';
import type { Bench, Finding, Row } from '../row.ts';

const CELLS = 10;
const CUSTOMERS = 1_000;
const MONTHS = 12;
/** Cycles a second at the busiest hour, as shared/docs/scale.md measured a cell of two cores. */
const rule: Rule = { capacity: Number(process.env['CELL_CYCLES'] ?? 100), placeUpTo: 0.6, moveFrom: 0.8 };
/** All customers together fill two fifths of the cells; the largest has a third of one. */
const FILLED = 0.4;
/** A cell is added when the emptiest one is filled so far. */
const ADD_FROM = 0.5;
const NEW_CUSTOMERS = 20;
const LARGEST = 0.33;

export const row: Row = {
  about: `${CUSTOMERS} customers in ${CELLS} cells on paper: loads, the loss of a cell, and moves while customers grow`,
  run: async (bench) => simulate(bench),
};

function simulate({ say }: Bench): Finding[] {
  setSeed(Number(process.env['SEED'] ?? 1));
  const { capacity } = rule;
  const drawn = customersOf(CUSTOMERS, random('customers of cells'), { least: 1, most: 500 });
  const total = drawn.reduce((sum, { load }) => sum + load, 0);
  const scale = (CELLS * capacity * FILLED) / total;
  const sized = (all: readonly Customer[], first = 0) =>
    all.map(({ id, load }) => ({ id: first + id, load: Math.min(load * scale, capacity * LARGEST) }));
  const empty = Array.from({ length: CELLS }, (_, id): Cell => ({ id, customers: [] }));
  let plan = place(empty, sized(drawn), rule);
  say('month  cells  lowest  median  highest  moved customers  of all load  too full');
  tell(say, 0, plan, []);
  const moves: number[] = [];
  const next = random('growth of customers');
  for (let month = 1; month <= MONTHS; month++) {
    // Three of a hundred customers double, and all others grow by two percent.
    const before = grown(plan.cells, () => (next() < 0.03 ? 2 : 1.02));
    const emptiest = Math.min(...before.map(loadOf));
    if (emptiest > capacity * ADD_FROM) before.push({ id: before.length, customers: [] });
    plan = relieve(before, rule);
    moves.push(plan.moves.length);
    const come = customersOf(NEW_CUSTOMERS, next, { least: 1, most: 500 });
    plan = { ...place(plan.cells, sized(come, CUSTOMERS + month * NEW_CUSTOMERS), rule), moves: plan.moves };
    tell(say, month, plan, before);
  }
  const largest = plan.cells.toSorted((one, other) => loadOf(other) - loadOf(one))[0] as Cell;
  const all = plan.cells.reduce((sum, cell) => sum + loadOf(cell), 0);
  const others = plan.cells.filter((cell) => cell !== largest);
  const rescued = place(
    others,
    largest.customers.toSorted((one, other) => other.load - one.load),
    { ...rule, placeUpTo: 1 },
  );
  say(
    `the fullest cell lost: ${largest.customers.length} customers and ${percent(loadOf(largest) / all)} of the load wait; ` +
      `the others have room for all but ${rescued.homeless.length} of them, and would then be filled up to ${percent(Math.max(...rescued.cells.map(loadOf)) / capacity)}`,
  );
  return [
    { what: `moves in ${MONTHS} months`, figure: moves.reduce((sum, one) => sum + one, 0), unit: '' },
    { what: 'most in a month', figure: Math.max(...moves), unit: '' },
    { what: 'cells at the end', figure: plan.cells.length, unit: '' },
    { what: 'customers of the fullest cell', figure: largest.customers.length, unit: '' },
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function tell(say: Bench['say'], month: number, { cells, moves }: Plan, before: readonly Cell[]): void {
  const filled = cells.map((cell) => loadOf(cell) / rule.capacity).toSorted((one, other) => one - other);
  const at = (share: number): string => percent(filled[Math.floor(share * (filled.length - 1))] ?? 0);
  const loads = new Map(before.flatMap((cell) => cell.customers).map(({ id, load }) => [id, load]));
  const all = [...loads.values()].reduce((sum, one) => sum + one, 0);
  const moved = moves.reduce((sum, { customer }) => sum + (loads.get(customer) ?? 0), 0);
  const tooFull = filled.filter((one) => one > rule.moveFrom).length;
  const share = percent(all === 0 ? 0 : moved / all);
  const line = [month, cells.length, at(0), at(0.5), at(1), moves.length, share, tooFull];
  say(line.map((one, column) => String(one).padStart([5, 5, 6, 6, 7, 15, 11, 8][column] ?? 0)).join('  '));
}
