/** Whether a style hides what it is given to. Only what hides in every mail reader: a guess would lose what somebody wrote. */

/** Declarations, with comments and white space taken out and escapes left alone: nobody honest writes `d\69splay`. */
const declarations = (style: string): string =>
  `;${style
    .slice(0, 2_000)
    .replace(/\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g, '')
    .replace(/\s+/g, '')
    .toLowerCase()};`;

const ZERO = String.raw`[+-]?0*\.?0*(?:px|pt|em|rem|%|ex|vh|vw)?(?:!important)?;`;
const HIDES = new RegExp(
  [
    'display:none',
    'visibility:(?:hidden|collapse)',
    'mso-hide:all',
    String.raw`opacity:0*(?:\.0*)?%?(?:!important)?;`,
    'color:transparent',
    String.raw`(?:left|top|right|text-indent|margin-left|margin-top):-\d{3,}`,
    String.raw`clip:rect\((?:0(?:px)?,?){4}\)`,
    String.raw`clip-path:inset\((?:50|100)%\)`,
    String.raw`transform:scale[xy]?\(0\)`,
  ]
    .map((one) => `[;]${one}`)
    .join('|'),
);
const EMPTY_BOX = new RegExp(`;(?:max-)?(?:height|width):${ZERO}`);

export function hides(style: string): boolean {
  if (style === '') return false;
  const text = declarations(style);
  // A box without size shows what runs over its edge, unless told not to.
  return HIDES.test(text) || (EMPTY_BOX.test(text) && /;overflow(?:-[xy])?:(?:hidden|clip)/.test(text));
}

const SIZE = /;font(?:-size)?:(?:[^;]*?\b)??([\d.]+)(px|pt|em|rem|%)?(?=[;!/])/;

/**
 * Whether letters are too small to be read, which what is inside inherits; undefined when the style does not say. Not the same as hidden: a frame
 * whose letters have no size, around columns that set theirs, is how many layouts take out the gaps.
 */
export function letters(style: string): boolean | undefined {
  if (!/font/i.test(style)) return undefined;
  const text = declarations(style);
  const size = SIZE.exec(text);
  if (!size) return undefined;
  const number = Number(size[1]);
  return number === 0 || ((size[2] ?? 'px') === 'px' && number <= 1) || (size[2] === 'pt' && number <= 1);
}

const MAX_SHEET = 100_000;
const MAX_RULES = 2_000;

/** Classes and ids, as `.name` and `#name`, that the style sheets of the HTML hide on every screen. */
export function hiddenByClass(html: string): Set<string> {
  const found = new Set<string>();
  const start = html.search(/<style/i);
  if (start === -1) return found;
  const sheets = html
    .slice(start, start + MAX_SHEET)
    .split(/<\/style/i)
    .map((one) => one.slice(Math.max(one.search(/<style/i), 0)));
  for (const sheet of sheets.slice(0, 20)) {
    for (const rule of topLevelRules(sheet)) {
      if (!hides(rule.body)) continue;
      for (const selector of rule.selectors.split(',').slice(0, 50)) {
        const simple = /^(?:[a-z]+)?([.#][\w-]+)$/.exec(selector.trim().toLowerCase())?.[1];
        if (simple) found.add(simple);
      }
    }
  }
  return found;
}

/** Rules outside `@media`, which hides things on some screens only. */
function topLevelRules(sheet: string): { selectors: string; body: string }[] {
  const rules: { selectors: string; body: string }[] = [];
  let depth = 0;
  let from = sheet.indexOf('>') + 1;
  let selectors = '';
  for (let at = from; at < sheet.length && rules.length < MAX_RULES; at++) {
    const character = sheet[at];
    if (character === '{') {
      if (depth === 0) selectors = sheet.slice(from, at);
      depth += 1;
      if (depth === 1) from = at + 1;
    } else if (character === '}' && depth > 0) {
      depth -= 1;
      if (depth === 0) {
        if (!selectors.includes('@')) rules.push({ selectors, body: sheet.slice(from, at) });
        from = at + 1;
      }
    }
  }
  return rules;
}
