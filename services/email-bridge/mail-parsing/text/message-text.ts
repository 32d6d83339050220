import type { Mime } from '../parts/mime.ts';
import type { ReadingNotes } from '../reading.ts';
import { sanitizeLine } from '../sanitize.ts';
import { folded, phrasesOf } from '../tables/table.ts';
import { isCalendar } from './calendar.ts';
import { htmlBudget, type HtmlBudget, visibleText } from './visible-html.ts';

/** The text of a message: the texts of its parts, and one line for its attachments. */

/** Text parts in their order, each as plain text, up to the one that reaches `limit`. Not sanitized. */
export function textOfParts(mime: Mime, limit: number, notes: ReadingNotes): string {
  const budget = htmlBudget();
  const texts: string[] = [];
  let length = 0;
  for (const part of mime.texts) {
    if (length >= limit) {
      notes.doubt('texts', 'further parts of text', 'the text is too long');
      break;
    }
    const text = plainText(part, budget, notes);
    if (text.trim() === '') continue;
    texts.push(text);
    length += text.length;
  }
  return texts.join('\n\n');
}

const noHtml = phrasesOf('notices', 'no-html');
const MAX_NO_HTML = 400;

/**
 * The plain alternative where it says something. Messages with HTML alone, or with an empty plain alternative, are
 * common; so are those whose plain alternative says that there is an HTML.
 */
function plainText({ plain, html }: Mime['texts'][number], budget: HtmlBudget, notes: ReadingNotes): string {
  if (html === '') return plain;
  if (plain.trim() === '') return visibleText(html, notes, budget);
  if (plain.length > MAX_NO_HTML || !noHtml.some((one) => folded(plain).includes(one))) return plain;
  const shown = visibleText(html, notes, budget);
  if (shown.trim() === '') return plain;
  notes.say('texts', 'the plain text', 'it only says that there is an HTML');
  return shown;
}

const MAX_NAMED_ATTACHMENTS = 20;

const STRUCTURAL_TYPES = [
  String.raw`message\/(?:global-)?delivery-status|message\/disposition-notification|text\/rfc822-headers`,
  String.raw`application\/(?:pgp-signature|pkcs7-signature|x-pkcs7-signature|pgp-encrypted)`,
].join('|');
/** Parts that belong to the format of the message; its sender attached none of them. */
const STRUCTURAL_TYPE = new RegExp(String.raw`^(?:${STRUCTURAL_TYPES})$`);

/**
 * The names of the attachments. Their content is not stored, but an agent must know that they exist: "see attached" is
 * an answer.
 * @returns e.g. `[attached, not kept: budget.pdf, plan.png]`; '' if there are none.
 */
export function attachmentsLine(mime: Mime): string {
  const names = mime.attachments
    .filter((one) => !STRUCTURAL_TYPE.test(one.type) && !isCalendar(one))
    .map(({ name, type }) => sanitizeLine(name, 100) || sanitizeLine(type, 100));
  if (names.length === 0) return '';
  const more = names.length > MAX_NAMED_ATTACHMENTS ? ` and ${names.length - MAX_NAMED_ATTACHMENTS} more` : '';
  return `[attached, not kept: ${names.slice(0, MAX_NAMED_ATTACHMENTS).join(', ')}${more}]`;
}
