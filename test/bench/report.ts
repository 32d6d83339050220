import type { Finding } from './row.ts';

export interface Line extends Finding {
  row: string;
}

/**
 * The closing table. A figure below its target is shown and is never an error: a shared machine must not decide whether
 * a build fails.
 */
export function table(lines: readonly Line[]): string {
  const cells = [['row', 'what', 'figure', 'spread', 'target', ''], ...lines.map(cellsOf)];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const text = cells.map((row) =>
    row
      .map((cell, column) => (column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [text[0], '-'.repeat(Math.max(...text.map((line) => line.length))), ...text.slice(1)].join('\n');
}

function cellsOf({ row, what, figure, unit, spread, target }: Line): string[] {
  const write = (value: number): string =>
    `${value.toFixed(unit === '/s' || unit === 'MB' ? 0 : 2)}${unit === '×' ? ' ×' : unit === '/s' ? '/s' : ` ${unit}`}`.trimEnd();
  return [
    row,
    what,
    write(figure),
    spread ? `${spread[0].toFixed(2)} – ${spread[1].toFixed(2)}` : '',
    target ? ('atLeast' in target ? `≥ ${write(target.atLeast)}` : `≤ ${write(target.atMost)}`) : '',
    target ? (meets(figure, target) ? 'pass' : 'below') : '',
  ];
}

export const meets = (figure: number, target: NonNullable<Finding['target']>): boolean =>
  'atLeast' in target ? figure >= target.atLeast : figure <= target.atMost;
