import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type Router from '@koa/router';
import { pagePolicy } from '../http/page-policy.ts';

/** Swagger UI from its npm package: the page loads nothing from elsewhere, so it works without internet access. */
const assets: Readonly<Record<string, { type: string; file: string }>> = {
  'swagger-ui.css': { type: 'text/css', file: 'swagger-ui-dist/swagger-ui.css' },
  'swagger-ui-bundle.js': { type: 'text/javascript', file: 'swagger-ui-dist/swagger-ui-bundle.js' },
  'favicon-32x32.png': { type: 'image/png', file: 'swagger-ui-dist/favicon-32x32.png' },
};

/** Swagger UI has its icons in the style sheet, and needs neither inline scripts or styles nor `eval`. */
const POLICY = pagePolicy();

const page = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Missions: the API</title>
  <link rel="icon" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
  <div id="docs"><noscript>The description itself is at <a href="/openapi.json">/openapi.json</a>.</noscript></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`;

/**
 * A credential that is typed in stays in the page and is gone with it. The validator badge is off, because it would
 * send the description to a third party.
 */
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;

const A_DAY = 'public, max-age=86400';

/** `GET /docs`: the API's description to read and to try, without a credential. */
export function docsRoutes(router: Router): void {
  // A browser asks for a page; whatever else calls gets the problem document of a path that does not exist.
  router.get('/', (ctx) => {
    if (ctx.accepts('application/json', 'text/html') === 'text/html') ctx.redirect('/docs');
  });
  router.get('/docs', (ctx) => {
    ctx.set('Content-Security-Policy', POLICY);
    ctx.type = 'text/html';
    ctx.body = page;
  });
  router.get('/docs/start.js', (ctx) => {
    ctx.type = 'text/javascript';
    ctx.body = start;
  });
  for (const [name, { type, file }] of Object.entries(assets)) {
    const path = fileURLToPath(import.meta.resolve(file));
    router.get(`/docs/${name}`, (ctx) => {
      ctx.set('Cache-Control', A_DAY);
      ctx.type = type;
      ctx.body = createReadStream(path);
    });
  }
}
