/**
 * Tells whether CSS hides an element. Only styles that hide it in every mail program count: a wrong guess would lose
 * the sender's words.
 */

/**
 * The declarations in lower case, without comments and white space. Escapes (`d\69splay`) are not resolved: no mail
 * program writes them.
 */
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

/** Whether the declarations of a `style` attribute or of a rule hide the element and everything in it. */
export function hidesElement(style: string): boolean {
  if (style === '') return false;
  const text = declarations(style);
  // An element without size still shows its overflowing content, unless the style clips it.
  return HIDES.test(text) || (EMPTY_BOX.test(text) && /;overflow(?:-[xy])?:(?:hidden|clip)/.test(text));
}

const FONT_SIZE = /;font(?:-size)?:(?:[^;]*?\b)??([\d.]+)(px|pt|em|rem|%)?(?=[;!/])/;

/**
 * Whether the text is too small to be read; elements inside inherit the size. undefined if the style sets no size.
 *
 * Kept apart from hidden elements: many layouts put a frame of font size 0 around columns that set their own size, to
 * remove the gaps.
 */
export function isTinyText(style: string): boolean | undefined {
  if (!/font/i.test(style)) return undefined;
  const text = declarations(style);
  const size = FONT_SIZE.exec(text);
  if (!size) return undefined;
  const value = Number(size[1]);
  return value === 0 || ((size[2] ?? 'px') === 'px' && value <= 1) || (size[2] === 'pt' && value <= 1);
}

const MAX_SHEET = 100_000;
const MAX_RULES = 2_000;

/** The classes and ids, as `.name` and `#name`, that the style sheets in the HTML hide on every screen. */
export function hiddenSelectors(html: string): Set<string> {
  const found = new Set<string>();
  const start = html.search(/<style/i);
  if (start === -1) return found;
  const sheets = html
    .slice(start, start + MAX_SHEET)
    .split(/<\/style/i)
    .map((one) => one.slice(Math.max(one.search(/<style/i), 0)));
  for (const sheet of sheets.slice(0, 20)) {
    for (const rule of topLevelRules(sheet)) {
      if (!hidesElement(rule.body)) continue;
      for (const selector of rule.selectors.split(',').slice(0, 50)) {
        const simple = /^(?:[a-z]+)?([.#][\w-]+)$/.exec(selector.trim().toLowerCase())?.[1];
        if (simple) found.add(simple);
      }
    }
  }
  return found;
}

/** The rules outside `@media`, which applies to some screens only. */
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
