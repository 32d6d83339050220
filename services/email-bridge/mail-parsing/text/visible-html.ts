import { Parser } from 'htmlparser2';
import type { ReadingNotes } from '../reading.ts';
import { type Colour, hidesElement, isInkOfPaper, isInvisible, isTinyText, paintingOf } from './hidden-style.ts';
import { HtmlLines } from './html-lines.ts';
import { type StyledElement, StyleSheets } from './style-sheets.ts';

/**
 * What the HTML of one message may cost, all its parts together: a limit for each part would be none, for a message has
 * thousands. In UTF-16 units, and in milliseconds. HTML that is longer consists of embedded pictures.
 */
const MAX_HTML = 1_000_000;
const MAX_TIME_MS = 2_000;
/** Unclosed elements: the time that the parser spends on each further one grows with their number. */
const MAX_OPEN = 10_000;
const MAX_OUTPUT = 200_000;

/** Elements that are never shown, or contain no text. */
const NON_TEXT_ELEMENTS = new Set(
  `script style head title template noscript noframes noembed object embed iframe svg math audio video canvas select
   datalist meta link base input map`.split(/\s+/),
);
const BLOCKS = new Set(
  `address article aside body center dd details dialog div dl dt fieldset figcaption figure footer form header html
   legend main nav section summary tbody tfoot thead tr caption`.split(/\s+/),
);
/** Blocks with a blank line above and below. */
const PARAGRAPHS = new Set('p h1 h2 h3 h4 h5 h6 blockquote ul ol pre table'.split(' '));
/** What is struck out is not said any more. */
const STRUCK_OUT = new Set(['s', 'strike', 'del']);
/** How mail programs mark the signature that they add. */
const SIGNATURE =
  /(?:^|[\s_-])(?:gmail_signature|moz-signature|ms-outlook-mobile-signature|protonmail_signature_block|signature)(?:$|\s)/i;

/** What is left of the limits of one message. */
export interface HtmlBudget {
  units: number;
  milliseconds: number;
}

export const htmlBudget = (): HtmlBudget => ({ units: MAX_HTML, milliseconds: MAX_TIME_MS });

/** UTF-16 units that the parser gets at once; time and the number of open elements are checked in between. */
const CHUNK = 16_384;

/**
 * The text that a person sees who opens the HTML. Hidden text is left out: newsletters hide a preview in it, and
 * attackers hide instructions in it that an agent would follow and its user would never see.
 *
 * Quotes come out with `>` in front, as in plain text, and a signature below `-- `. html-to-text was used before: it ran
 * the cells of tables together, and needed a second pass over the HTML behind the one that removes what is hidden.
 */
export function visibleText(html: string, notes: ReadingNotes, budget: HtmlBudget = htmlBudget()): string {
  const affordable = html.slice(0, Math.max(budget.units, 0));
  const startedAt = performance.now();
  const page = new Page(affordable);
  let at = 0;
  while (
    at < affordable.length &&
    page.openElements < MAX_OPEN &&
    performance.now() - startedAt < budget.milliseconds
  ) {
    page.read(affordable.slice(at, at + CHUNK));
    at += CHUNK;
  }
  if (at < html.length) notes.doubt('texts', 'the end of the HTML', 'it is too long, or too deep');
  budget.units -= affordable.length;
  budget.milliseconds -= performance.now() - startedAt;
  return page.text(notes);
}

interface OpenElement extends StyledElement {
  readonly hidden: boolean;
  readonly invisible: boolean;
  /** Its own text is too small to be read. */
  readonly tiny: boolean;
  readonly ink: Colour;
  readonly ground: Colour;
  readonly isQuote: boolean;
  readonly isSignature: boolean;
  readonly isPreformatted: boolean;
  /** Shows its summary only. */
  readonly isFolded: boolean;
  /** The link and the list that it stands in, with the link's text and the number of the list's last item. */
  readonly link: { readonly href: string; words: string } | undefined;
  readonly list: { readonly isNumbered: boolean; items: number } | undefined;
}

interface ElementStyle extends ReturnType<StyleSheets['lookOf']> {
  readonly hidden: boolean;
}
const UNSTYLED: ElementStyle = { hidden: false, strong: {}, weak: {} };

const BLACK: Colour = [0, 0, 0];
const WHITE: Colour = [255, 255, 255];

class Page {
  readonly #sheets: StyleSheets;
  readonly #lines = new HtmlLines(MAX_OUTPUT);
  /** With the letters in the colour of the paper. */
  readonly #all = new HtmlLines(MAX_OUTPUT);
  readonly #open: OpenElement[];
  readonly #parser: Parser;
  #hiddenWords = 0;
  #faintWords = 0;
  #unmarkedSignature = false;

  constructor(html: string) {
    this.#sheets = new StyleSheets(html);
    const page = { name: '', id: '', classes: [], link: undefined, list: undefined };
    const shown = { hidden: false, invisible: false, isFolded: false };
    const plain = { isQuote: false, isSignature: false, isPreformatted: false };
    const { text: ink = BLACK, ground = WHITE, tiny = false } = this.#sheets.page;
    this.#open = [{ ...page, ...shown, ...plain, ink, ground, tiny }];
    this.#parser = new Parser(
      {
        onopentag: (name, attributes) => this.#begin(name, attributes),
        onclosetag: () => this.#end(),
        ontext: (text) => this.#write(text),
      },
      { lowerCaseTags: true, lowerCaseAttributeNames: true, decodeEntities: true },
    );
  }

  get openElements(): number {
    return this.#open.length;
  }

  read(html: string): void {
    this.#parser.write(html);
  }

  text(notes: ReadingNotes): string {
    this.#parser.end();
    const seen = this.#lines.toString();
    if (this.#hiddenWords > 0) notes.say('texts', 'hidden text', 'the HTML shows it to nobody');
    if (this.#faintWords === 0) return seen;
    const isAll = seen.trim() === '';
    notes.doubt(
      'texts',
      'letters in the colour of the paper',
      isAll ? 'kept: there is nothing else' : 'nobody can read them',
    );
    return isAll ? this.#all.toString() : seen;
  }

  #begin(name: string, attributes: Record<string, string>): void {
    const element = this.#elementOf(name, attributes);
    this.#open.push(element);
    if (element.hidden) return;
    if (name === 'img') this.#write(emojiOf(attributes['alt'] ?? ''));
    if (name === 'li' && element.list) element.list.items += 1;
    for (const lines of [this.#lines, this.#all]) this.#layOut(lines, element);
    if (element.isSignature) this.#unmarkedSignature = true;
    if (STRUCK_OUT.has(name)) this.#mark('~~');
  }

  #layOut(lines: HtmlLines, { name, isQuote, list }: OpenElement): void {
    if (name === 'br') lines.endLine();
    else if (name === 'hr') lines.rule('_'.repeat(32));
    else if (name === 'td' || name === 'th') lines.cell();
    else if (name === 'li') lines.item(list?.isNumbered ? `${list.items}. ` : '* ');
    else if (PARAGRAPHS.has(name)) lines.block(true);
    else if (BLOCKS.has(name)) lines.block();
    if (isQuote) lines.depth += 1;
  }

  #end(): void {
    if (this.#open.length === 1) return;
    const { name, hidden, isQuote, link } = this.#open.pop() as OpenElement;
    if (hidden) return;
    if (STRUCK_OUT.has(name)) this.#mark('~~');
    if (name === 'a' && link && isWorthShowing(link)) this.#write(` <${link.href}>`);
    for (const lines of [this.#lines, this.#all]) {
      if (PARAGRAPHS.has(name)) lines.block(true);
      else if (BLOCKS.has(name) || name === 'li') lines.block();
      if (isQuote) lines.depth -= 1;
    }
  }

  #write(text: string): void {
    if (text === '') return;
    const { hidden, invisible, tiny, isFolded, ink, ground, isPreformatted, link } = this.#open.at(-1) as OpenElement;
    const hasWords = text.trim() !== '';
    if (hidden || invisible || tiny || isFolded) {
      if (hasWords && !NON_TEXT_ELEMENTS.has((this.#open.at(-1) as OpenElement).name)) this.#hiddenWords += 1;
      return;
    }
    const isFaint = isInkOfPaper(ink, ground);
    if (isFaint && hasWords) this.#faintWords += 1;
    if (link && link.words.length < 2_000) link.words += text;
    for (const lines of isFaint ? [this.#all] : [this.#lines, this.#all]) {
      if (hasWords) this.#markSignature(lines, text);
      if (isPreformatted) lines.preformatted(text);
      else lines.text(text);
    }
    if (hasWords) this.#unmarkedSignature = false;
  }

  /** Some programs write the separator themselves. */
  #markSignature(lines: HtmlLines, text: string): void {
    if (this.#unmarkedSignature && !/^\s*--\s*$/.test(text)) lines.rule('-- ');
  }

  #mark(text: string): void {
    for (const lines of [this.#lines, this.#all]) lines.text(text);
  }

  #elementOf(name: string, attributes: Record<string, string>): OpenElement {
    const parent = this.#open.at(-1) as OpenElement;
    const style = attributes['style'] ?? '';
    const className = attributes['class'] ?? '';
    const id = (attributes['id'] ?? '').toLowerCase();
    const own = paintingOf(style);
    const attributed = paintingOf(presentation(attributes));
    const selected = { name, id, classes: className === '' ? [] : className.toLowerCase().split(/\s+/, 20) };
    const { hidden: isHidden, strong, weak } = parent.hidden ? UNSTYLED : this.#styleOf(selected);
    return {
      ...selected,
      hidden:
        parent.hidden ||
        (parent.isFolded && name !== 'summary') ||
        NON_TEXT_ELEMENTS.has(name) ||
        'hidden' in attributes ||
        (name === 'dialog' && !('open' in attributes)) ||
        hidesElement(style) ||
        isHidden,
      isFolded: name === 'details' && !('open' in attributes),
      invisible: isInvisible(style) ?? parent.invisible,
      tiny: strong.tiny ?? isTinyText(style) ?? weak.tiny ?? parent.tiny,
      ink: strong.text ?? own.text ?? weak.text ?? attributed.text ?? parent.ink,
      ground: strong.ground ?? own.ground ?? weak.ground ?? attributed.ground ?? parent.ground,
      isQuote: name === 'blockquote' && !isIndentation(style, attributes),
      isSignature: (className !== '' || id !== '') && SIGNATURE.test(`${className} ${id}`) && !parent.isSignature,
      isPreformatted: parent.isPreformatted || name === 'pre' || name === 'textarea',
      link: name === 'a' ? { href: (attributes['href'] ?? '').slice(0, 2_000), words: '' } : parent.link,
      list: name === 'ol' || name === 'ul' ? { isNumbered: name === 'ol', items: 0 } : parent.list,
    };
  }

  /** What the style sheets say about an element in the innermost open one. */
  #styleOf(element: StyledElement): ElementStyle {
    if (this.#sheets.isEmpty) return UNSTYLED;
    const path: StyledElement[] = this.#open;
    path.push(element);
    const style = { hidden: this.#sheets.hide(path), ...this.#sheets.lookOf(path) };
    path.pop();
    return style;
  }
}

/** The target of a link says more than its text. */
function isWorthShowing({ href, words }: { readonly href: string; readonly words: string }): boolean {
  if (!/^(?:https?|mailto):/i.test(href) || words.trim() === '') return false;
  const target = href.replace(/^mailto:/i, '').replace(/\/$/, '');
  return !words.includes(target) && words.trim() !== href;
}

/** The colours that old attributes set, as a style. */
const presentation = ({ color, bgcolor, background }: Record<string, string>): string =>
  [color && `color:${color}`, bgcolor && `background:${bgcolor}`, background && 'background:url(x)']
    .filter(Boolean)
    .join(';');

/** Gmail and Outlook make a blockquote of what their user indents. */
const isIndentation = (style: string, attributes: Record<string, string>): boolean =>
  attributes['type'] !== 'cite' &&
  attributes['cite'] === undefined &&
  attributes['class'] === undefined &&
  /margin[^;]{0,40}\b40px/i.test(style) &&
  /border:\s*(?:none|0)/i.test(style);

/** An emoji that is sent as a picture. Any other alternative text describes what the sender did not write. */
const emojiOf = (alt: string): string =>
  alt.length <= 16 && /\p{Extended_Pictographic}/u.test(alt) && !/\p{L}/u.test(alt) ? alt : '';
