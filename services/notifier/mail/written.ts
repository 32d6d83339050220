/**
 * Text that an agent or a stranger wrote, made fit for a mail: no control characters, nothing invisible that only a
 * program reads, and no mark that shows text in another order than it stands in. ZWJ and ZWNJ stay (Persian, emoji).
 */
// oxlint-disable-next-line no-control-regex -- control characters are the ones to remove
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const INVISIBLE = new RegExp(
  [
    String.raw`\u034f`,
    String.raw`[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]`,
    String.raw`[\u{e0000}-\u{e007f}]`,
    String.raw`(?:[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]){2,}`,
  ].join('|'),
  'gu',
);

/** Lines end with `\n`, and at most one empty line stands between two others. */
export function writtenText(text: string, limit: number): string {
  // Cut to twice the limit first, which bounds the cost of what follows.
  const clean = text
    .slice(0, limit * 2)
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(CONTROL, '')
    .replace(INVISIBLE, '')
    .replace(/[^\S\n]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return shortened(clean, limit);
}

export const writtenLine = (text: string, limit: number): string =>
  shortened(
    writtenText(text, limit * 2)
      .replace(/\s+/g, ' ')
      .trim(),
    limit,
  );

/** Cut between two characters, not within one. */
function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? '');

/**
 * Mail programs make links of whatever looks like an address, so that a text of a stranger could be pressed beside our
 * own links. They look at one piece of text at a time: an element around each of the signs that make an address leaves
 * it as it looks, and no link.
 */
export const asHtml = (text: string): string =>
  escaped(text)
    .replace(/(?<=\S)[.@:](?=\S)/g, '<span>$&</span>')
    .replace(/\n/g, '<br>');
