import { convert } from 'html-to-text';
import { Parser } from 'htmlparser2';
import { hiddenByClass, hides, letters } from './hidden-style.ts';
import { withTimeout } from './timeout.ts';

/** Of the HTML, and of what is left of it. Longer ones consist of pictures in the text. */
const MAX_HTML = 1_000_000;
const MAX_DEPTH = 100;
/** Elements left open: each costs the parser time in proportion to how many there are. */
const MAX_OPEN = 10_000;
const MAX_TIME_MS = 2_000;

/** What is never shown, or is no text. */
const NOT_TEXT = new Set([
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

/**
 * The text that a reader of the HTML sees. What is hidden from the reader is left out: newsletters hide a preview there, and whoever wants an
 * agent to do what its user does not see hides orders there.
 *
 * Done on the way into html-to-text, which selects by attributes as they are written, while styles come in any spelling.
 */
export const visibleText = (html: string): string =>
  withTimeout(
    MAX_TIME_MS,
    () => convert(withoutHidden(html.slice(0, MAX_HTML)), options),
    () => '',
  );

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

const CHUNK = 16_384;

interface Open {
  readonly hidden: boolean;
  readonly tiny: boolean;
  readonly written: boolean;
}

/** The same HTML without what is hidden and without attributes, but for where links lead to. */
function withoutHidden(html: string): string {
  const output: string[] = [];
  const open: Open[] = [{ hidden: false, tiny: false, written: false }];
  const byClass = hiddenByClass(html);
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const around = open.at(-1) as Open;
        const style = attributes['style'] ?? '';
        const classes = (attributes['class'] ?? '').toLowerCase().split(/\s+/, 20);
        const hidden =
          around.hidden ||
          NOT_TEXT.has(name) ||
          'hidden' in attributes ||
          hides(style) ||
          (byClass.size > 0 &&
            [...classes.map((one) => `.${one}`), `#${(attributes['id'] ?? '').toLowerCase()}`].some((one) =>
              byClass.has(one),
            ));
        const written = !hidden && open.length < MAX_DEPTH;
        open.push({ hidden, tiny: letters(style) ?? around.tiny, written });
        if (!written) return;
        const href = name === 'a' ? (attributes['href'] ?? '') : '';
        output.push(
          /^(https?|mailto):/i.test(href) && href.length < 2_000 ? `<a href="${escaped(href)}">` : `<${name}>`,
        );
      },
      onclosetag(name) {
        if (open.length > 1 && open.pop()?.written) output.push(`</${name}>`);
      },
      ontext(text) {
        const { hidden, tiny } = open.at(-1) as Open;
        if (!hidden && !tiny) output.push(escaped(text));
      },
    },
    { lowerCaseTags: true, lowerCaseAttributeNames: true, decodeEntities: true },
  );
  for (let at = 0; at < html.length && open.length < MAX_OPEN; at += CHUNK) parser.write(html.slice(at, at + CHUNK));
  parser.end();
  return output.join('');
}

const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
