/**
 * What strangers write, made fit to be stored and shown: PostgreSQL takes neither NUL nor half a surrogate pair, and what nobody can see is no
 * part of what was said. A model does read it, though: text hidden in tag characters or in runs of variation selectors is the usual way to
 * give it orders that its user never sees. ZWJ and ZWNJ stay (Persian, emoji), as do the marks of writing direction; embeddings and overrides
 * (which show text in another order than it is read in) go.
 */
// oxlint-disable-next-line no-control-regex -- those are what is taken out
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const UNSEEN =
  /\u034f|[\u00ad\u061c\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|(?:[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]){2,}/gu;

/** Lines end with `\n`. At most `limit` UTF-16 units; no pair is cut in two. */
export function storable(text: string, limit: number): string {
  // Twice the limit before the work, so that its cost is bounded too; unseen characters do not use up what is shown.
  const clean = text
    .slice(0, limit * 2)
    .toWellFormed()
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .replace(CONTROL, '')
    .replace(UNSEEN, '');
  return clipped(clean, limit);
}

/** For what stands in one line: a name, a subject, a reason. */
export const oneLine = (text: string, limit: number): string =>
  clipped(
    storable(text, limit * 2)
      .replace(/\s+/g, ' ')
      .trim(),
    limit,
  );

function clipped(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}
