import { hidesElement, isInvisible, isTinyText, type Painting, paintingOf } from './hidden-style.ts';

/** An element as selectors see it. */
export interface StyledElement {
  readonly name: string;
  readonly id: string;
  readonly classes: readonly string[];
}

/** What style sheets say about the letters of an element; undefined where they say nothing. */
export interface Look extends Painting {
  readonly tiny?: boolean | undefined;
}

/** `td.x#y`: what an element must be. */
interface Compound {
  readonly name: string;
  readonly id: string;
  readonly classes: readonly string[];
}

interface LookRule {
  readonly compounds: readonly Compound[];
  readonly look: Look;
  /** It wins against the element's own style. */
  readonly important: boolean;
  /** Of two rules, the one with the higher rank wins: by ids, classes and names, and then by their order. */
  readonly rank: number;
}

const MAX_SHEET = 100_000;
const MAX_RULES = 2_000;
const MAX_SELECTORS = 500;
/** Comparisons of one message: what is matched beyond them is shown. */
const MAX_STEPS = 1_000_000;

const UNKNOWN: Look = { ground: 'unknown' };

/**
 * The style sheets of a message: which elements they hide on every screen, and how they paint the others. Selectors of
 * ids, classes and names are understood. Where another one, or one too many, sets a ground, the colour of the paper is
 * not known anywhere.
 */
export class StyleSheets {
  /** By the last compound's id, class or name. */
  readonly #hiding = new Map<string, Compound[][]>();
  readonly #looks = new Map<string, LookRule[]>();
  #page: Look = {};
  #count = 0;
  #steps = 0;

  constructor(html: string) {
    const start = html.search(/<style/i);
    const sheets = start === -1 ? [] : html.slice(start, start + MAX_SHEET).split(/<\/style/i, 20);
    for (const sheet of sheets) {
      const from = sheet.search(/<style/i);
      if (from !== -1) for (const rule of topLevelRules(sheet.slice(from))) this.#read(rule);
    }
  }

  get isEmpty(): boolean {
    return this.#hiding.size === 0 && this.#looks.size === 0;
  }

  /** Of the page itself. */
  get page(): Look {
    return this.#page;
  }

  /** @param path the page, the element's ancestors from the outermost, and itself at the end */
  hide(path: readonly StyledElement[]): boolean {
    return keysOf(path.at(-1)).some((key) =>
      this.#hiding.get(key)?.some((compounds) => this.#matches(compounds, path)),
    );
  }

  /** How an element looks that is not hidden: `strong` in spite of its own style, `weak` where that says nothing. */
  lookOf(path: readonly StyledElement[]): { readonly strong: Look; readonly weak: Look } {
    if (this.#looks.size === 0) return { strong: {}, weak: {} };
    const rules = keysOf(path.at(-1))
      .flatMap((key) => this.#looks.get(key) ?? [])
      .filter(({ compounds }) => this.#matches(compounds, path))
      .toSorted((a, b) => b.rank - a.rank);
    const first = (important: boolean): Look => {
      const looks = rules.filter((rule) => rule.important === important).map(({ look }) => look);
      return {
        text: looks.find(({ text }) => text !== undefined)?.text,
        ground: looks.find(({ ground }) => ground !== undefined)?.ground,
        tiny: looks.find(({ tiny }) => tiny !== undefined)?.tiny,
      };
    };
    return { strong: this.#steps > MAX_STEPS ? UNKNOWN : first(true), weak: first(false) };
  }

  #matches(compounds: readonly Compound[], path: readonly StyledElement[]): boolean {
    if (++this.#steps > MAX_STEPS) return false;
    let at = path.length - 1;
    for (let index = compounds.length - 1; index >= 0; index -= 1) {
      // The outermost entry is the page itself.
      while (at > 0 && !isSuch(path[at] as StyledElement, compounds[index] as Compound)) {
        if (index === compounds.length - 1 || ++this.#steps > MAX_STEPS) return false;
        at -= 1;
      }
      if (at <= 0) return false;
      at -= 1;
    }
    return true;
  }

  #read({ selectors, body }: { readonly selectors: string; readonly body: string }): void {
    const hides = hidesElement(body) || isInvisible(body) === true;
    const look: Look = { ...paintingOf(body), tiny: isTinyText(body) };
    const paints = look.text !== undefined || look.ground !== undefined || look.tiny !== undefined;
    if (!hides && !paints) return;
    for (const selector of selectors.split(',', 50)) {
      if (WHILE_USED.test(selector)) continue;
      const compounds = ++this.#count <= MAX_SELECTORS ? compoundsOf(selector) : undefined;
      const last = compounds?.at(-1);
      if (compounds === undefined || last === undefined) {
        if (look.ground !== undefined) this.#page = { ...this.#page, ...UNKNOWN };
      } else if (isPage(last)) {
        // A whole page that is hidden at first is shown later, by a program's animation.
        if (paints && this.#page.ground !== 'unknown') this.#page = { ...this.#page, ...withoutGaps(look) };
      } else {
        if (hides) add(this.#hiding, keyOf(last), compounds);
        const important = /!\s*important/i.test(body);
        const rank = rankOf(compounds) + this.#count;
        if (paints) add(this.#looks, keyOf(last), { compounds, look, important, rank });
      }
    }
  }
}

/** Such rules do not apply to an element that nobody points at. */
const WHILE_USED = /:(?:hover|active|focus|visited|:?selection)/i;

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

const withoutGaps = (look: Look): Look =>
  Object.fromEntries(Object.entries(look).filter(([, value]) => value !== undefined));

const keysOf = (element: StyledElement | undefined): string[] =>
  element === undefined
    ? []
    : [element.name, ...element.classes.map((one) => `.${one}`), ...(element.id === '' ? [] : [`#${element.id}`])];

const keyOf = ({ id, classes, name }: Compound): string =>
  id !== '' ? `#${id}` : classes[0] !== undefined ? `.${classes[0]}` : name;

/** More than `MAX_SELECTORS` apart, so that the order decides between equals only. */
const rankOf = (compounds: readonly Compound[]): number =>
  compounds.reduce(
    (sum, { id, classes, name }) => sum + (id === '' ? 0 : 1e7) + classes.length * 1e5 + (name === '' ? 0 : 1e3),
    0,
  );

const isPage = ({ name }: Compound): boolean => name === 'body' || name === 'html';

/** undefined for a selector that is not understood. */
function compoundsOf(selector: string): Compound[] | undefined {
  const compounds = selector
    .replace(/<!--/g, '')
    .replace(/\s*>\s*/g, ' ')
    .trim()
    .toLowerCase()
    .split(/\s+/, 10)
    .map(compoundOf);
  if (compounds.includes(undefined)) return undefined;
  // The page is around everything, whether or not the message names it.
  return (compounds as Compound[]).filter(
    (one, index) => index === compounds.length - 1 || !isPage(one) || one.id !== '' || one.classes.length > 0,
  );
}

/** undefined for what depends on more than the element: pseudo-classes, attributes, siblings. */
function compoundOf(text: string): Compound | undefined {
  if (text === '' || !/^[a-z0-9]*(?:[.#][\w-]{1,100}){0,10}$/.test(text)) return undefined;
  return {
    name: /^[a-z0-9]*/.exec(text)?.[0] ?? '',
    id: /#([\w-]+)/.exec(text)?.[1] ?? '',
    classes: [...text.matchAll(/\.([\w-]+)/g)].map(([, name = '']) => name),
  };
}

const isSuch = (element: StyledElement, { name, id, classes }: Compound): boolean =>
  (name === '' || name === element.name) &&
  (id === '' || id === element.id) &&
  classes.every((one) => element.classes.includes(one));

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
