import { readFileSync } from 'node:fs';

/**
 * Reads a table of phrases: a text file with one phrase a line, which a native speaker can add to. Columns are divided
 * by `|`; lines that begin with `#` are comments.
 * @returns the columns of each line, trimmed
 */
export const readTable = (name: string): string[][] =>
  readFileSync(new URL(`./${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.split('|').map((column) => column.trim()));

/** The last column of the lines whose other columns contain `kind`. */
export const phrasesOf = (name: string, kind?: string): string[] =>
  readTable(name)
    .filter((columns) => kind === undefined || columns.slice(0, -1).includes(kind))
    .map((columns) => folded(columns.at(-1) ?? ''));

/**
 * Text as phrases are compared: lower case, composed letters, plain quotation marks and colons, one space for each run of
 * white space, no marks of writing direction.
 */
export const folded = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\u200c-\u200f\u2066-\u2069\ufeff]/g, '')
    .replace(/[’‘`´]/g, "'")
    .replace(/：/g, ':')
    .replace(/\s+/g, ' ')
    .replace(/ :/g, ':')
    .trim()
    .toLowerCase();
