import type { FieldError } from '@missions/contracts/errors.ts';
import { MAX_JSON_DEPTH } from '@missions/contracts/text.ts';

/**
 * What `JSON.parse` changes without a word: of two members with one name it keeps the last, and it rounds an integer
 * beyond 2^53−1. This looks at the text itself. The text must be JSON, as `JSON.parse` has found before, so strings,
 * numbers and brackets are all there is to tell apart. Packages that see both (jsonc-parser, lossless-json) are parsers
 * with a grammar of their own, which would have to agree with that of `JSON.parse`.
 * Returns the first `limit` faults, each with its JSON Pointer.
 */
export function exactnessFaults(text: string, limit = 5): FieldError[] {
  const faults: FieldError[] = [];
  const open: Level[] = [];
  for (let at = 0; at < text.length && faults.length < limit;) {
    const level = open.at(-1);
    const sign = text[at] as string;
    if (sign === '"') {
      const end = endOfString(text, at);
      if (level?.names && level.awaitsName) {
        const name = JSON.parse(text.slice(at, end)) as string;
        level.step = name;
        level.awaitsName = false;
        if (level.names.has(name))
          faults.push({ path: pointer(open), message: 'is given more than once; send each member once' });
        level.names.add(name);
      }
      at = end;
    } else if (sign === '-' || (sign >= '0' && sign <= '9')) {
      const number = numberAt(text, at);
      if (isRounded(number))
        faults.push({
          path: pointer(open),
          message:
            'is a number beyond 9007199254740991, which cannot be kept exactly: ' +
            `send it as a string, "${number.slice(0, 40)}"`,
        });
      at += number.length;
    } else {
      if (sign === '{') open.push({ names: new Set(), awaitsName: true, step: '' });
      else if (sign === '[') open.push({ names: undefined, awaitsName: false, step: 0 });
      else if (sign === '}' || sign === ']') open.pop();
      else if (sign === ',' && level) {
        if (level.names) level.awaitsName = true;
        else level.step = (level.step as number) + 1;
      }
      // Deeper documents are refused by `textFaults`.
      if (open.length > MAX_JSON_DEPTH) break;
      at += 1;
    }
  }
  return faults;
}

interface Level {
  /** The names so far; undefined in an array. */
  readonly names: Set<string> | undefined;
  /** In an object: whether the next string is a name. */
  awaitsName: boolean;
  /** The name or index of the value at hand. */
  step: string | number;
}

/** The index after the closing quotation mark. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === '\\') before -= 1;
  return (at - before) % 2 === 0;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function numberAt(text: string, at: number): string {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)?.[0] ?? '0';
}

/** With an exponent a number is meant as a measure, not as an id or an amount; such a number may be rounded. */
const isRounded = (number: string): boolean =>
  !/[eE]/.test(number) && Math.abs(Number(number)) > Number.MAX_SAFE_INTEGER;

const pointer = (open: readonly Level[]): string =>
  open.map(({ step }) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
