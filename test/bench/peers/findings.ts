import type { Sample } from '../load/order.ts';
import { isDisturbed } from '../machine.ts';
import type { Finding } from '../row.ts';
import { median, pairedRatio, range } from '../statistics.ts';

/** One contender's turn in one round. */
export interface Turn {
  /** Answered and gone on, as many at once as the bench's connections. */
  answered: Sample;
  /** Begun, answered and gone on, as many at once. */
  cycles: Sample;
  /** Answered and gone on, one at a time. */
  alone: Sample;
  /** Processor ms of one cycle, by process. */
  processor: Readonly<Record<string, number>>;
  /** KB of PostgreSQL's write-ahead log of one cycle; null where PostgreSQL has no part in it. */
  wal: number | null;
  /** Cores that processes used which are not the bench's; null where the system does not tell. */
  others: number | null;
}

/** By the contender's name; each has a turn in every round. */
export type Turns = ReadonlyMap<string, readonly Turn[]>;

/**
 * The rounds that count: those in which others left the machine alone in every contender's turn. If there is none, all
 * count: a figure that says little is better than no figure, and the run says so.
 */
export function roundsThatCount(turns: Turns): { rounds: number[]; quiet: boolean } {
  const [first = []] = turns.values();
  const all = first.map((_, round) => round);
  const quiet = all.filter((round) => [...turns.values()].every((of) => !isDisturbed(of[round]?.others ?? null)));
  return quiet.length > 0 ? { rounds: quiet, quiet: true } : { rounds: all, quiet: false };
}

/** Figures of each contender, by which the product is compared with the peers. */
const figures = {
  'whole cycles': { of: (turn: Turn) => turn.cycles.perSecond, unit: '/s' },
  'answered and gone on': { of: (turn: Turn) => turn.answered.perSecond, unit: '/s' },
  'p99 of an answer, several in flight': { of: (turn: Turn) => turn.answered.p99, unit: 'ms' },
  'p50 of an answer, one in flight': { of: (turn: Turn) => turn.alone.p50, unit: 'ms' },
  'processor of a cycle': { of: (turn: Turn) => sum(turn.processor), unit: 'ms' },
} as const;
type Figure = keyof typeof figures;

const targets: Partial<Record<string, Partial<Record<Figure, Finding['target']>>>> = {
  dbos: {
    'whole cycles': { atLeast: 1 },
    'answered and gone on': { atLeast: 1.3 },
    'p99 of an answer, several in flight': { atMost: 1 },
    'p50 of an answer, one in flight': { atMost: 1.5 },
  },
};

/** @param names of the contenders that took part, by their kind */
export function compare(turns: Turns, names: ReadonlyMap<string, string>): Finding[] {
  const { rounds } = roundsThatCount(turns);
  const seriesOf = (kind: string, figure: Figure): number[] =>
    rounds.flatMap((round) => turns.get(kind)?.[round] ?? []).map(figures[figure].of);
  const each = (Object.keys(figures) as Figure[]).flatMap((figure) =>
    [...names].map(([kind, name]): Finding => {
      const values = seriesOf(kind, figure);
      const own = kind === 'product' && figure === 'processor of a cycle' ? { target: { atMost: 4 } } : {};
      const { unit } = figures[figure];
      return { what: `${figure}: ${name}`, figure: median(values), spread: range(values), unit, ...own };
    }),
  );
  const ratios = [...names].flatMap(([kind, name]) =>
    kind === 'product'
      ? []
      : (Object.keys(figures) as Figure[]).map((figure): Finding => {
          const target = targets[kind]?.[figure];
          return {
            what: `${figure}: product ÷ ${name}`,
            ...pairedRatio(seriesOf('product', figure), seriesOf(kind, figure)),
            unit: '×',
            ...(target && { target }),
          };
        }),
  );
  return [...each, ...logOf(turns, rounds, names), ...ratios];
}

function logOf(turns: Turns, rounds: readonly number[], names: ReadonlyMap<string, string>): Finding[] {
  return [...names].flatMap(([kind, name]): Finding[] => {
    const values = rounds.flatMap((round) => turns.get(kind)?.[round]?.wal ?? []);
    if (values.length === 0) return [];
    const own = kind === 'product' ? { target: { atMost: 12 } } : {};
    const what = `write-ahead log of a cycle: ${name}`;
    return [{ what, figure: median(values), spread: range(values), unit: 'KB', ...own }];
  });
}

const sum = (of: Readonly<Record<string, number>>): number => Object.values(of).reduce((all, one) => all + one, 0);
