/**
 * The directory of customers on paper: which cell a customer is placed in, and who moves when customers grow. Loads are
 * cycles a second at the busiest hour; see shared/docs/scale.md.
 */
export interface Customer {
  readonly id: number;
  readonly load: number;
}

export interface Cell {
  readonly id: number;
  readonly customers: readonly Customer[];
}

export interface Rule {
  /** What a cell carries. */
  readonly capacity: number;
  /** A cell takes no customer that would fill it beyond this share. */
  readonly placeUpTo: number;
  /** Beyond this share customers move out, until `placeUpTo` holds again. */
  readonly moveFrom: number;
}

export interface Move {
  readonly customer: number;
  readonly from: number;
  readonly to: number;
}

export interface Plan {
  readonly cells: readonly Cell[];
  readonly moves: readonly Move[];
  /** Customers that found no cell with room, or no other one: more cells are needed, or larger ones. */
  readonly homeless: readonly Customer[];
}

export const loadOf = ({ customers }: Cell): number => customers.reduce((sum, { load }) => sum + load, 0);

/** The emptiest cell, the first of several, if it has room. */
export function cellFor(cells: readonly Cell[], customer: Customer, { capacity, placeUpTo }: Rule): Cell | undefined {
  const emptiest = cells.toSorted((one, other) => loadOf(one) - loadOf(other) || one.id - other.id)[0];
  return emptiest && loadOf(emptiest) + customer.load <= capacity * placeUpTo ? emptiest : undefined;
}

const withCustomers = (cells: readonly Cell[], id: number, change: (all: readonly Customer[]) => Customer[]): Cell[] =>
  cells.map((cell) => (cell.id === id ? { id, customers: change(cell.customers) } : cell));

/** Places customers one after another, in the order in which they come. */
export function place(cells: readonly Cell[], customers: readonly Customer[], rule: Rule): Plan {
  let now = cells;
  const homeless: Customer[] = [];
  for (const customer of customers) {
    const cell = cellFor(now, customer, rule);
    if (cell) now = withCustomers(now, cell.id, (all) => [...all, customer]);
    else homeless.push(customer);
  }
  return { cells: now, moves: [], homeless };
}

/**
 * Empties cells that are too full, the fullest first. The smallest customer goes whose leaving is enough, or else the
 * largest one: few moves, and each as small as it can be. One that no other cell has room for stays.
 */
export function relieve(cells: readonly Cell[], rule: Rule): Plan {
  let now = cells;
  const moves: Move[] = [];
  const stuck: Customer[] = [];
  const tooFull = cells.filter((cell) => loadOf(cell) > rule.capacity * rule.moveFrom);
  for (const { id } of tooFull.toSorted((one, other) => loadOf(other) - loadOf(one))) {
    for (;;) {
      const cell = now.find((one) => one.id === id) as Cell;
      const excess = loadOf(cell) - rule.capacity * rule.placeUpTo;
      const movable = cell.customers
        .filter((one) => !stuck.includes(one))
        .toSorted((one, other) => one.load - other.load);
      const customer = movable.find(({ load }) => load >= excess) ?? movable.at(-1);
      if (excess <= 0 || !customer) break;
      const others = now.filter((one) => one.id !== id);
      const to = cellFor(others, customer, rule);
      if (to) {
        moves.push({ customer: customer.id, from: id, to: to.id });
        now = withCustomers(now, id, (all) => all.filter((one) => one !== customer));
        now = withCustomers(now, to.id, (all) => [...all, customer]);
      } else stuck.push(customer);
    }
  }
  return { cells: now, moves, homeless: stuck };
}

/** Many small customers and a few large ones: Pareto's distribution, from `least` to `most`. */
export function customersOf(count: number, next: () => number, size: { least: number; most: number }): Customer[] {
  // Of 1.16, a fifth of the customers bring four fifths of the load.
  const exponent = 1.16;
  return Array.from({ length: count }, (_, id) => ({
    id,
    load: Math.min(size.most, size.least / (1 - next()) ** (1 / exponent)),
  }));
}

export const grown = (cells: readonly Cell[], factorOf: (customer: Customer) => number): Cell[] =>
  cells.map(({ id, customers }) => ({
    id,
    customers: customers.map((one) => ({ ...one, load: one.load * factorOf(one) })),
  }));
