/**
 * Makes text of an unknown sender fit to be stored and shown.
 *
 * PostgreSQL stores neither NUL nor half a surrogate pair. Invisible characters are removed, because a language model
 * reads them although no user sees them: text in tag characters or in runs of variation selectors is the usual way to
 * smuggle instructions past the user. ZWJ and ZWNJ stay (Persian, emoji), as do the marks of writing direction.
 * Embeddings and overrides of direction are removed, because they show text in another order than a program reads it
 * in.
 */
// oxlint-disable-next-line no-control-regex -- control characters are the ones to remove
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const INVISIBLE = new RegExp(
  [
    String.raw`\u034f`,
    String.raw`[\u00ad\u061c\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]`,
    String.raw`[\u{e0000}-\u{e007f}]`,
    String.raw`(?:[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]){2,}`,
  ].join('|'),
  'gu',
);

/** Text of several lines, which end with `\n`. At most `limit` UTF-16 units; no surrogate pair is cut in two. */
export function sanitizeText(text: string, limit: number): string {
  // Cut to twice the limit first, which bounds the cost of the replacements; invisible characters do not use up the
  // limit itself.
  const clean = text
    .slice(0, limit * 2)
    .toWellFormed()
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .replace(CONTROL, '')
    .replace(INVISIBLE, '');
  return truncate(clean, limit);
}

/** Text of one line: a name, a subject, a reason. Each run of white space becomes one space. */
export const sanitizeLine = (text: string, limit: number): string =>
  truncate(
    sanitizeText(text, limit * 2)
      .replace(/\s+/g, ' ')
      .trim(),
    limit,
  );

function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}
