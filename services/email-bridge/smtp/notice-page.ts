/** Runs nothing and loads nothing: the page is opened from a folder, where scripts could read other files. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? '');

/** A notice as a page, for who has no program for `.eml` files: its HTML with what its head says. */
export function noticePage(
  html: string,
  { to, subject, sent }: { readonly to: string; readonly subject: string; readonly sent: string },
): string {
  const head = `<pre style="margin:12px;white-space:pre-wrap">To: ${escaped(to)}\nSubject: ${escaped(subject)}\nDate: ${escaped(sent)}</pre>`;
  return html
    .replace('<head>', () => `<head>\n<meta http-equiv="Content-Security-Policy" content="${POLICY}">`)
    .replace(/<body[^>]*>/, (body) => `${body}\n${head}`);
}
