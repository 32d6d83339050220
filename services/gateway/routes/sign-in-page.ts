import type Router from '@koa/router';

/** No script, style or picture but this gateway's own, and no markup that a script makes from text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const page = (offersProvider: boolean): string => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Sign in: Missions</title>
</head>
<body>
  <main>
    <h1>Sign in</h1>
    <p id="state" role="status"></p>
    ${offersProvider ? '<p><a id="provider" href="/auth/oidc">Sign in with your organisation</a></p>' : ''}
    <p>A link that signs you in once, for ten minutes: <code>npm run missions -- sign-in --user &lt;id&gt;</code></p>
    <noscript><p>Signing in by a link needs JavaScript.</p></noscript>
  </main>
  <script src="/sign-in/start.js"></script>
</body>
</html>
`;

/**
 * The code is taken from the fragment, which no server sees, and out of the address before it is sent, so that it
 * stays neither in the history nor in a bookmark.
 */
const start = `'use strict';
const state = document.getElementById('state');
const provider = document.getElementById('provider');
const wanted = new URLSearchParams(location.search).get('return_to') ?? '/';
const target = URL.canParse(wanted, location.origin) ? new URL(wanted, location.origin) : undefined;
const isOurs = /^\\/(?![/\\\\])/.test(wanted) && target !== undefined && target.origin === location.origin;
const returnTo = isOurs ? wanted : '/';
if (provider && isOurs) provider.search = new URLSearchParams({ return_to: returnTo }).toString();

async function signIn() {
  const code = location.hash.slice(1);
  if (code === '') return;
  history.replaceState(null, '', location.pathname + location.search);
  state.textContent = 'Signing in …';
  try {
    const response = await fetch('/auth/code', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    if (response.ok) location.replace(returnTo);
    else state.textContent = (await response.json()).detail;
  } catch {
    state.textContent = 'The product cannot be reached. Open the link again: it is still good.';
  }
}
addEventListener('hashchange', signIn);
void signIn();
`;

/** `GET /sign-in`: where the link with a one-time code leads. */
export function signInPage(router: Router, { offersProvider }: { readonly offersProvider: boolean }): void {
  const html = page(offersProvider);
  router.get('/sign-in', (ctx) => {
    ctx.set('Content-Security-Policy', POLICY);
    ctx.type = 'text/html';
    ctx.body = html;
  });
  router.get('/sign-in/start.js', (ctx) => {
    ctx.type = 'text/javascript';
    ctx.body = start;
  });
}
