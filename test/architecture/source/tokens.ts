/**
 * A scanner for TypeScript that is exact about what the rules ask for: which words are code, which are comment, and which are strings.
 * Not a parser: TypeScript 7 has no stable programming interface, and the rules need none of its knowledge.
 */
export interface Token {
  /**
   * `text`: a whole string; `part`: a fixed part of a template with `${}` in it; `name`: identifiers, keywords, numbers;
   * `mark`: a punctuation character.
   */
  kind: 'text' | 'part' | 'name' | 'mark';
  value: string;
  line: number;
}

const NAME = /[\p{ID_Start}$_#@\d][\p{ID_Continue}$.]*/uy;
const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y;
const REGEX = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
/** Words after which a slash begins a regular expression; after other names, `)`, `]` and `}` it divides. */
const BEFORE_REGEX = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'else',
  'do',
  'await',
  'yield',
  'instanceof',
]);

export function tokens(source: string): Token[] {
  const found: Token[] = [];
  /** For each open `${`, how many braces are open within it. */
  const templates: number[] = [];
  let at = 0;
  let line = 1;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const advance = (length: number) => {
    for (let i = at; i < at + length; i += 1) if (source[i] === '\n') line += 1;
    at += length;
  };
  const add = (kind: Token['kind'], value: string, length: number) => {
    found.push({ kind, value, line });
    advance(length);
  };
  /** Reads fixed text up to the end of the template or its next `${`; `at` stands on the opening quote or closing brace. */
  const template = () => {
    const begins = source[at] === '`';
    let end = at + 1;
    while (end < source.length && source[end] !== '`' && !source.startsWith('${', end))
      end += source[end] === '\\' ? 2 : 1;
    const opens = source.startsWith('${', end);
    add(begins && !opens ? 'text' : 'part', source.slice(at + 1, end), end - at + (opens ? 2 : 1));
    if (opens) templates.push(0);
  };

  while (at < source.length) {
    const skipped = take(SPACE) ?? take(COMMENT);
    if (skipped) {
      advance(skipped.length);
      continue;
    }
    const character = source[at] ?? '';
    const text = take(STRING);
    const regex = character === '/' && regexMayFollow(found.at(-1)) ? take(REGEX) : undefined;
    const name = take(NAME);
    const open = templates.length - 1;
    if (text) add('text', text.slice(1, -1), text.length);
    else if (regex) advance(regex.length);
    else if (character === '`') template();
    else if (character === '}' && templates[open] === 0) {
      templates.pop();
      template();
    } else if (name) addName(name);
    else {
      if (open >= 0 && character === '{') templates[open] = (templates[open] ?? 0) + 1;
      if (open >= 0 && character === '}') templates[open] = (templates[open] ?? 0) - 1;
      add('mark', character, 1);
    }
  }
  return found;

  /** `a.b` is three tokens, `1.5` is one. */
  function addName(name: string): void {
    const whole = /^\d/.test(name) ? name : (name.split('.', 1)[0] ?? name);
    add('name', whole, whole.length);
  }
}

function regexMayFollow(last: Token | undefined): boolean {
  if (!last || (last.kind === 'name' && BEFORE_REGEX.has(last.value))) return true;
  return last.kind === 'mark' && !')]}'.includes(last.value);
}

/** Where `words` (names and marks, no strings) stand one after another. */
export function sequences(all: readonly Token[], words: readonly string[]): Token[] {
  return all.filter((_, at) =>
    words.every((word, offset) => isCode(all[at + offset]) && all[at + offset]?.value === word),
  );
}

const isCode = (token: Token | undefined): boolean => token?.kind === 'name' || token?.kind === 'mark';

/** What a string or a template says, whole or in parts. */
export const isWritten = (token: Token): boolean => token.kind === 'text' || token.kind === 'part';
