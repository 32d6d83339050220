import { renderLine } from '@missions/runtime/terminal-text.ts';

/**
 * Columns of text are aligned left, columns of numbers right. Headings are bold on a terminal, unless NO_COLOR is
 * set.
 */
export function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map(renderCell));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[], isNumber: (column: number) => boolean): string =>
    row
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const numeric = (column: number): boolean => rows.length > 0 && rows.every((row) => typeof row[column] === 'number');
  return [emphasis(line(headings, numeric)), ...cells.map((row) => line(row, numeric))].join('\n');
}

export function emphasis(text: string): string {
  return process.stdout.isTTY && !process.env['NO_COLOR'] ? `\x1b[1m${text}\x1b[22m` : text;
}

/** A table under a title; if there are no rows, one line with the title and `otherwise`. */
export const section = (
  title: string,
  headings: readonly string[],
  rows: readonly (readonly unknown[])[],
  otherwise: string,
): string =>
  rows.length === 0 ? `${emphasis(title)}: ${otherwise}` : `${emphasis(title)}\n${indented(table(headings, rows))}`;

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');

const MAX_CELL_LENGTH = 80;

function renderCell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  const line = renderLine(typeof value === 'string' ? value : JSON.stringify(value));
  return line.length > MAX_CELL_LENGTH ? `${line.slice(0, MAX_CELL_LENGTH - 1)}…` : line;
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, count > 0 ? Math.floor(Math.log2(count) / 10) : 0);
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** A duration in its two largest units. */
export function span(milliseconds: number): string {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  const parts = (
    [
      ['d', 86_400],
      ['h', 3_600],
      ['min', 60],
      ['s', 1],
    ] as const
  ).map(
    ([unit, size], at, all) =>
      [Math.floor((at === 0 ? seconds : seconds % (all[at - 1]?.[1] ?? 1)) / size), unit] as const,
  );
  const from = parts.findIndex(([count]) => count > 0);
  return from === -1
    ? '0 s'
    : parts
        .slice(from, from + 2)
        .filter(([count]) => count > 0)
        .map(([count, unit]) => `${count} ${unit}`)
        .join(' ');
}

/** The distance of a time from now: `… ago`, or `in …`. A dash without a time. */
export function since(time: string | null | undefined, now = Date.now()): string {
  const at = Date.parse(time ?? '');
  // JetStream gives an empty stream times in the year 1, which are before 1970 and thus negative.
  if (!(at > 0)) return '-';
  return at > now ? `in ${span(at - now)}` : `${span(now - at)} ago`;
}
