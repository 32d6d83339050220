import { convert } from 'html-to-text';
import { Parser } from 'htmlparser2';
import { hiddenSelectors, hidesElement, isTinyText } from './hidden-style.ts';
import { withTimeout } from './timeout.ts';

/**
 * What the HTML of one message may cost, all its parts together: a limit for each part would be none, for a message has
 * thousands. In UTF-16 units, and in milliseconds. HTML that is longer consists of embedded pictures.
 */
const MAX_HTML = 1_000_000;
const MAX_TIME_MS = 2_000;
const MAX_DEPTH = 100;
/** Unclosed elements: the time that the parser spends on each further one grows with their number. */
const MAX_OPEN = 10_000;

/** Elements that are never shown, or contain no text. */
const NON_TEXT_ELEMENTS = new Set([
  'script',
  'style',
  'head',
  'title',
  'template',
  'noscript',
  'object',
  'embed',
  'iframe',
  'svg',
  'math',
  'audio',
  'video',
  'canvas',
  'select',
  'datalist',
  'meta',
  'link',
  'base',
  'img',
  'input',
  'map',
]);

/** What is left of the limits of one message. */
export interface HtmlBudget {
  units: number;
  milliseconds: number;
}

export const htmlBudget = (): HtmlBudget => ({ units: MAX_HTML, milliseconds: MAX_TIME_MS });

/**
 * The text that a person sees who opens the HTML. Hidden text is left out: newsletters hide a preview in it, and
 * attackers hide instructions in it that an agent would follow and its user would never see. '' if the HTML takes longer
 * to read than the budget allows, which is reduced by what was used.
 *
 * Hidden elements are removed before html-to-text runs: it selects by attributes as they are written, while styles come
 * in any spelling.
 */
export function visibleText(html: string, budget: HtmlBudget = htmlBudget()): string {
  const affordable = html.slice(0, Math.max(budget.units, 0));
  if (affordable === '' || budget.milliseconds < 1) return '';
  const startedAt = performance.now();
  const text = withTimeout(
    Math.ceil(budget.milliseconds),
    () => convert(removeHidden(affordable), options),
    () => '',
  );
  budget.units -= affordable.length;
  budget.milliseconds -= performance.now() - startedAt;
  return text;
}

const options = {
  wordwrap: false,
  limits: { maxDepth: MAX_DEPTH + 10, maxInputLength: MAX_HTML },
  selectors: [
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true, linkBrackets: ['<', '>'] } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    { selector: 'table', options: { uppercaseHeaderCells: false } },
    { selector: 'hr', options: { length: 32 } },
  ],
} satisfies Parameters<typeof convert>[1];

/** UTF-16 units that the parser gets at once; the number of open elements is checked in between. */
const CHUNK = 16_384;

interface OpenElement {
  readonly hidden: boolean;
  /** Its own text is too small to be read. */
  readonly tiny: boolean;
  /** Its opening tag is in the output, so its closing tag belongs there too. */
  readonly written: boolean;
}

/** The HTML without hidden elements, and without attributes except the `href` of links. */
function removeHidden(html: string): string {
  const output: string[] = [];
  const open: OpenElement[] = [{ hidden: false, tiny: false, written: false }];
  const hiddenByStyleSheet = hiddenSelectors(html);
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const parent = open.at(-1) as OpenElement;
        const style = attributes['style'] ?? '';
        const classes = (attributes['class'] ?? '').toLowerCase().split(/\s+/, 20);
        const hidden =
          parent.hidden ||
          NON_TEXT_ELEMENTS.has(name) ||
          'hidden' in attributes ||
          hidesElement(style) ||
          (hiddenByStyleSheet.size > 0 &&
            [...classes.map((one) => `.${one}`), `#${(attributes['id'] ?? '').toLowerCase()}`].some((one) =>
              hiddenByStyleSheet.has(one),
            ));
        const written = !hidden && open.length < MAX_DEPTH;
        open.push({ hidden, tiny: isTinyText(style) ?? parent.tiny, written });
        if (!written) return;
        const href = name === 'a' ? (attributes['href'] ?? '') : '';
        output.push(
          /^(https?|mailto):/i.test(href) && href.length < 2_000 ? `<a href="${escapeHtml(href)}">` : `<${name}>`,
        );
      },
      onclosetag(name) {
        if (open.length > 1 && open.pop()?.written) output.push(`</${name}>`);
      },
      ontext(text) {
        const { hidden, tiny } = open.at(-1) as OpenElement;
        if (!hidden && !tiny) output.push(escapeHtml(text));
      },
    },
    { lowerCaseTags: true, lowerCaseAttributeNames: true, decodeEntities: true },
  );
  for (let at = 0; at < html.length && open.length < MAX_OPEN; at += CHUNK) parser.write(html.slice(at, at + CHUNK));
  parser.end();
  return output.join('');
}

const escapeHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
