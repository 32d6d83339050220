import { hidesElement, isInvisible } from './hidden-style.ts';

/** An element as selectors see it. */
export interface StyledElement {
  readonly name: string;
  readonly id: string;
  readonly classes: readonly string[];
}

/** `td.x#y`: what an element must be. */
interface Compound {
  readonly name: string;
  readonly id: string;
  readonly classes: readonly string[];
}

const MAX_SHEET = 100_000;
const MAX_RULES = 2_000;
const MAX_SELECTORS = 500;
/** Comparisons of one message: what is matched beyond them is shown. */
const MAX_STEPS = 1_000_000;

/** The style sheets of a message: which elements they hide on every screen, and whether they paint anything. */
export class StyleSheets {
  /** By the last compound's id, class or name. */
  readonly #hiding = new Map<string, Compound[][]>();
  /** They set a ground, so that the colour of the paper is not known. */
  readonly paint: boolean;
  #steps = 0;

  constructor(html: string) {
    const start = html.search(/<style/i);
    const sheets = start === -1 ? [] : html.slice(start, start + MAX_SHEET).split(/<\/style/i, 20);
    let painted = false;
    let count = 0;
    for (const sheet of sheets) {
      const from = sheet.search(/<style/i);
      if (from === -1) continue;
      for (const { selectors, body } of topLevelRules(sheet.slice(from))) {
        if (/background/i.test(body)) painted = true;
        if (!hidesElement(body) && isInvisible(body) !== true) continue;
        for (const selector of selectors.split(',', 50)) if (++count <= MAX_SELECTORS) this.#add(selector);
      }
    }
    this.paint = painted;
  }

  get hideNothing(): boolean {
    return this.#hiding.size === 0;
  }

  /** @param path the page, the element's ancestors from the outermost, and itself at the end */
  hide(path: readonly StyledElement[]): boolean {
    const element = path.at(-1);
    if (element === undefined) return false;
    const keys = [
      element.name,
      ...element.classes.map((one) => `.${one}`),
      ...(element.id === '' ? [] : [`#${element.id}`]),
    ];
    return keys.some((key) => this.#hiding.get(key)?.some((compounds) => this.#matches(compounds, path)));
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

  #add(selector: string): void {
    const words = selector
      .replace(/<!--/g, '')
      .replace(/\s*>\s*/g, ' ')
      .trim()
      .toLowerCase()
      .split(/\s+/, 10);
    const compounds = words.map(compoundOf);
    const last = compounds.at(-1);
    // A whole page that is hidden at first is shown later, by a program's animation.
    if (last === undefined || compounds.includes(undefined) || last.name === 'body' || last.name === 'html') return;
    const key = last.id !== '' ? `#${last.id}` : last.classes[0] !== undefined ? `.${last.classes[0]}` : last.name;
    this.#hiding.set(key, [...(this.#hiding.get(key) ?? []), compounds as Compound[]]);
  }
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
