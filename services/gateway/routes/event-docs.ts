import { readFileSync } from 'node:fs';
import type Router from '@koa/router';
import { pagePolicy } from '../http/page-policy.ts';

interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
}

interface AsyncApi {
  info: { title: string; version: string; description: string };
  components: { messages: Record<string, { summary?: string; payload: Schema }>; schemas: Record<string, Schema> };
}

const text = readFileSync(new URL(import.meta.resolve('@missions/contracts/asyncapi/asyncapi.json')), 'utf8');
const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (value: unknown): string => String(value).replaceAll(/[&<>"]/g, (sign) => HTML[sign] as string);

/** `GET /asyncapi.json` and `GET /docs/events`: the events that services may subscribe to, without a credential. */
export function eventDocsRoutes(router: Router): void {
  const page = eventsPage(JSON.parse(text) as AsyncApi);
  router.get('/asyncapi.json', (ctx) => {
    ctx.type = 'application/json';
    ctx.body = text;
  });
  router.get('/docs/events', (ctx) => {
    ctx.set('Content-Security-Policy', pagePolicy());
    ctx.type = 'text/html';
    ctx.body = page;
  });
  router.get('/docs/events.css', (ctx) => {
    ctx.type = 'text/css';
    ctx.body = STYLE;
  });
}

const STYLE = `body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
code { font-size: 0.9em; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
section { border-top: 1px solid #8888; }
`;

function eventsPage({ info, components: { messages, schemas } }: AsyncApi): string {
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : (schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  const typeOf = (schema: Schema): string => {
    if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? '';
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
    return schema.anyOf ? schema.anyOf.map(typeOf).join(' | ') : (schema.type ?? 'any');
  };
  const row = ([name, schema]: [string, Schema], required: readonly string[]): string =>
    `<tr><td><code>${escaped(name)}${required.includes(name) ? '' : '?'}</code></td>` +
    `<td><code>${escaped(typeOf(schema))}</code></td><td>${escaped(schema.description ?? '')}</td></tr>`;
  const sections = Object.entries(messages).map(([type, { summary = '', payload }]) => {
    const { properties = {}, required = [] } = resolve(payload);
    return (
      `<section id="${escaped(type)}"><h2><a href="#${escaped(type)}"><code>${escaped(type)}</code></a></h2>` +
      `<p>${escaped(summary)}</p><table><tr><th>member of data</th><th>type</th><th></th></tr>` +
      `${Object.entries(properties)
        .map((entry) => row(entry, required))
        .join('\n')}</table></section>`
    );
  });
  const about = info.description.split('\n\n').map((paragraph) => `<p>${escaped(paragraph)}</p>`);
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escaped(info.title)}</title>
  <link rel="icon" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/events.css">
</head>
<body>
<h1>${escaped(info.title)} ${escaped(info.version)}</h1>
${about.join('\n')}
<p>For programs: <a href="/asyncapi.json">/asyncapi.json</a> (AsyncAPI 3).</p>
${sections.join('\n')}
</body>
</html>
`;
}
