import type { Block, Item, Paper } from './paper.ts';
import { asHtml, escaped } from './written.ts';

/**
 * The HTML form: one column of tables, because mail programs know little else, with every style at its element for those
 * that drop style sheets. Dark mode is asked for twice: by `color-scheme`, and by the query that replaces our colours.
 * No picture, no script, nothing that is loaded.
 */
const LIGHT = {
  ground: '#fbfbfa',
  raised: '#ffffff',
  line: '#dddcd8',
  text: '#1d1e20',
  quiet: '#5d6066',
  act: '#245a94',
  onAct: '#ffffff',
  ask: '#8a4b00',
};
const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif";
const TEXT = `${FONT};font-size:16px;line-height:1.5;color:${LIGHT.text}`;
const QUIET = `${FONT};font-size:14px;line-height:1.5;color:${LIGHT.quiet}`;

const SHEET = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; }
bdi { unicode-bidi: isolate; }
.words { overflow-wrap: anywhere; word-break: break-word; }
@media (prefers-color-scheme: dark) {
  .ground { background: #16181b !important; }
  .sheet { background: #1f2226 !important; border-color: #3a3e45 !important; }
  .rule { border-color: #3a3e45 !important; }
  .words { color: #e9e9e6 !important; }
  .quiet { color: #a5a9b0 !important; }
  .ask { color: #f0b96b !important; }
  .link { color: #8cbcf0 !important; }
  .press { background: #1f2226 !important; border-color: #8cbcf0 !important; color: #8cbcf0 !important; }
  .first { background: #8cbcf0 !important; border-color: #8cbcf0 !important; color: #10202f !important; }
}
@media (max-width: 480px) { .inner { padding: 20px 16px !important; } .outer { padding: 0 !important; } }`;

export function asPage({ language, title, preview, blocks, footer, links }: Paper): string {
  const foot = footer.map((line) => `<p class="quiet" style="${QUIET};margin:0 0 8px">${asHtml(line)}</p>`).join('');
  const ways = links.map(({ text, href }) => link(text, href)).join(' &nbsp;·&nbsp; ');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${escaped(title)}</title>
<style>${SHEET}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background:${LIGHT.ground}">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all" aria-hidden="true">${asHtml(preview)}</div>
<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:${LIGHT.ground}"><tr><td class="outer" align="center" style="padding:24px 12px">
<table role="presentation" class="sheet" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px;background:${LIGHT.raised};border:1px solid ${LIGHT.line};border-radius:8px"><tr><td class="inner" style="padding:28px 32px;text-align:start">
<main>
${blocks.map(htmlOf).join('\n')}
</main>
<footer class="rule" style="border-top:1px solid ${LIGHT.line};margin-top:28px;padding-top:16px">${foot}<p class="quiet" style="${QUIET};margin:0">${ways}</p></footer>
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
}

const link = (text: string, href: string): string =>
  `<a class="link" href="${escaped(href)}" style="color:${LIGHT.act}">${escaped(text)}</a>`;

/** Of others: set apart from the direction of what is around it. */
const theirs = (text: string): string => `<bdi dir="auto">${asHtml(text)}</bdi>`;

function button(content: string, href: string, isPrimary: boolean): string {
  const [ground, colour] = isPrimary ? [LIGHT.act, LIGHT.onAct] : [LIGHT.raised, LIGHT.act];
  return `<a class="${isPrimary ? 'first' : 'press'}" href="${escaped(href)}" style="${FONT};display:block;margin:0 0 10px;padding:12px 16px;border:1px solid ${LIGHT.act};border-radius:6px;background:${ground};color:${colour};font-size:16px;line-height:1.4;font-weight:600;text-decoration:none;overflow-wrap:anywhere">${content}</a>`;
}

const heading = (text: string): string =>
  `<h2 class="words" style="${TEXT};font-weight:600;margin:24px 0 8px">${asHtml(text)}</h2>`;

function htmlOf(block: Block): string {
  switch (block.kind) {
    case 'kicker':
      return `<p class="ask" style="${FONT};font-size:14px;font-weight:600;color:${LIGHT.ask};margin:0 0 12px">${asHtml(block.text)}</p>`;
    case 'heading':
      return `<h1 class="words" style="${TEXT};font-size:20px;font-weight:600;margin:0 0 16px">${asHtml(block.text)}</h1>`;
    case 'said':
      return `<h1 class="words" dir="auto" style="${TEXT};font-size:20px;line-height:1.4;font-weight:600;margin:0 0 20px">${asHtml(block.text)}</h1>`;
    case 'code':
      return `<p class="words" style="${TEXT};font-size:28px;font-weight:600;letter-spacing:0.15em;margin:0 0 16px">${escaped(block.text)}</p>`;
    case 'note':
      return `<p class="words" style="${TEXT};margin:0 0 16px">${asHtml(block.text)}</p>`;
    case 'facts':
      return `${block.heading === '' ? '' : heading(block.heading)}<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 8px">${block.facts
        .map(
          ({ name, named, ours = '', theirs: others = '' }) =>
            `<tr><td class="words" style="${TEXT};padding:0 0 10px"><span class="quiet" style="${QUIET}">${named === undefined ? asHtml(name) : theirs(named)}</span><br>${[asHtml(ours), others === '' ? '' : theirs(others)].filter((part) => part !== '').join(': ')}</td></tr>`,
        )
        .join('')}</table>`;
    case 'choices':
      return `${heading(block.heading)}<p class="quiet" style="${QUIET};margin:0 0 12px">${asHtml(block.how)}</p>${block.choices
        .map(({ theirs: label, href }) => button(theirs(label), href, false))
        .join('')}`;
    case 'go':
      return block.isPrimary
        ? `<div style="margin-top:16px">${button(escaped(block.text), block.href, true)}</div>`
        : `<p style="${TEXT};margin:8px 0 0">${link(block.text, block.href)}</p>`;
    case 'list':
      return `${block.heading === '' ? '' : heading(block.heading)}${block.items.map(itemOf).join('')}${
        block.rest === '' ? '' : `<p class="quiet" style="${QUIET};margin:12px 0 0">${asHtml(block.rest)}</p>`
      }`;
    default:
      return block satisfies never;
  }
}

const itemOf = ({ what, title, text, until, href }: Item): string =>
  `<div class="rule" style="border-top:1px solid ${LIGHT.line};padding:12px 0"><p class="quiet" style="${QUIET};margin:0">${asHtml(
    until === '' ? what : `${what}, ${until}`,
  )}</p><p class="words" style="${TEXT};margin:2px 0 0"><a class="link" href="${escaped(href)}" style="color:${LIGHT.act};font-weight:600">${theirs(title)}</a></p>${
    text === '' ? '' : `<p class="words" dir="auto" style="${TEXT};margin:2px 0 0">${asHtml(text)}</p>`
  }</div>`;
