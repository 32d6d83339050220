import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { expect } from 'chai';
import Koa from 'koa';
import { product } from '@missions/test-support/shared-product.ts';
import { docsRoutes } from './docs.ts';

describe('/docs', () => {
  let origin: string;
  let page: Response;
  let html: string;

  before(async () => {
    ({ origin } = await product());
    page = await fetch(`${origin}/docs`);
    html = await page.text();
  });

  /** Whatever a page may load by its markup. */
  const loaded = (): string[] => [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url as string);

  it('needs no credential', () => {
    expect(page.status).to.equal(200);
    expect(page.headers.get('content-type')).to.equal('text/html; charset=utf-8');
  });

  it('loads only existing files, of the right type, from this gateway', async () => {
    const types: Record<string, RegExp> = {
      js: /^text\/javascript/,
      css: /^text\/css/,
      png: /^image\/png/,
      json: /^application\/json/,
    };
    expect(loaded()).to.include.members([
      '/docs/swagger-ui.css',
      '/docs/swagger-ui-bundle.js',
      '/docs/start.js',
      '/openapi.json',
    ]);
    for (const path of loaded()) {
      expect(path).to.match(/^\/[^/]/);
      const answer = await fetch(`${origin}${path}`);
      expect(answer.status, path).to.equal(200);
      expect(answer.headers.get('content-type'), path).to.match(types[path.split('.').at(-1) ?? ''] as RegExp);
      expect(answer.headers.get('x-content-type-options')).to.equal('nosniff');
      expect((await answer.arrayBuffer()).byteLength, path).to.be.above(100);
    }
  });

  it('may connect to nothing else and run no inline script', () => {
    const policy: Record<string, string[]> = Object.fromEntries(
      (page.headers.get('content-security-policy') ?? '')
        .split('; ')
        .map((line) => [line.split(' ')[0], line.split(' ').slice(1)]),
    );
    expect(policy['default-src']).to.deep.equal(["'none'"]);
    expect(policy['script-src']).to.deep.equal(["'self'"]);
    const hosts = Object.values(policy)
      .flat()
      .filter((source: string) => !["'self'", "'none'", 'data:'].includes(source));
    expect(hosts).to.deep.equal([]);
    expect(html).not.to.match(/<script(?![^>]*src=)|\son\w+=|style="/);
  });

  it('loads nothing remote through its styles', async () => {
    const styles = await (await fetch(`${origin}/docs/swagger-ui.css`)).text();
    expect(styles).not.to.match(/@import|url\(["']?(https?:)?\/\//);
  });

  it('names no other host in its start script', async () => {
    const script = await (await fetch(`${origin}/docs/start.js`)).text();
    expect(script).to.contain("url: '/openapi.json'").and.contain('validatorUrl: null').and.not.contain('://');
  });

  it('leaves the policy of all other responses strict', async () => {
    for (const path of ['/openapi.json', '/healthz', '/docs/swagger-ui-bundle.js']) {
      const policy = (await fetch(`${origin}${path}`)).headers.get('content-security-policy');
      expect(policy, path).to.contain("default-src 'self'");
    }
  });

  it('serves those files only', async () => {
    for (const path of [
      '/docs/package.json',
      '/docs/swagger-ui.js',
      '/docs/..%2fpackage.json',
      '/docs/%2e%2e/package.json',
    ])
      expect((await fetch(`${origin}${path}`)).status, path).to.equal(404);
  });
});

describe('a gateway without a page', () => {
  let server: Server;
  let origin: string;
  before(async () => {
    const router = new Router();
    docsRoutes(router);
    server = new Koa().use(router.routes()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  for (const [who, accept, status, location] of [
    ['shows a browser the description instead', 'text/html,*/*;q=0.8', 302, '/docs'],
    ['has nothing there for a program', 'application/json', 404, null],
    ['has nothing there for whoever takes anything', '*/*', 404, null],
  ] as const)
    it(who, async () => {
      const answer = await fetch(`${origin}/`, { headers: { accept }, redirect: 'manual' });
      await answer.text();
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([status, location]);
    });
});
