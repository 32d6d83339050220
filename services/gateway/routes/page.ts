import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { pagePolicy } from '../http/page-policy.ts';

/** A script can make no markup from text either, and run no other script: the one policy names the service worker. */
const POLICY = pagePolicy("worker-src 'self'", "require-trusted-types-for 'script'", 'trusted-types service-worker');

/** Its address stays, because browsers look there for a new one. It loads nothing, and calls this gateway only. */
const WORKER = 'service-worker.js';
const WORKER_POLICY = "default-src 'none'; connect-src 'self'";

/** Addresses of views, for the page itself to read: a reload at any of them shows it again. With the folders of the views. */
const VIEWS = {
  '/': 'inbox',
  '/sign-in': 'sign-in',
  '/q/:id': 'question',
  '/missions': 'missions',
  '/missions/:id': 'mission',
  '/history': 'history',
  '/settings': 'settings',
  '/operate': 'operate',
} as const;

/** What a view needs besides, which a browser may load before the page's script asks for it. */
const OF_A_VIEW = /^.* data-view="([^"]*)".*\n/gm;

/** Addresses of programs: what is wrong below them is no page. */
const OF_PROGRAMS = /^\/(api|assets|auth|docs|hooks|mcp)(\/|$)/;

/** Names of files bear a hash of their content, so that what a name stands for never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css' };

interface File {
  readonly type: string;
  readonly content: Buffer;
  readonly compressed: Buffer;
  readonly etag: string;
}

/**
 * The users' page, as `services/dashboard/build.ts` made it (specification section 10). It is small and is read once, at
 * the start.
 * @returns what goes around all refusals: a browser at a wrong address gets the page, which says so, in the place of a
 * problem document.
 * @throws Error if the folder has no page.
 */
export async function pageRoutes(
  router: Router,
  { folder, offersProvider }: { readonly folder: string; readonly offersProvider: boolean },
): Promise<Middleware> {
  const written = readFileSync(join(folder, 'index.html'), 'utf8');
  const signsInBy = `<meta name="sign-in-by" content="${offersProvider ? 'provider' : 'link'}">`;
  const index = written.replace(/<meta name="sign-in-by"[^>]*>/, signsInBy);
  for (const [path, view] of Object.entries(VIEWS)) {
    const opened = index.replace(OF_A_VIEW, (line: string, of: string) => (of === view ? line : ''));
    const file = await fileOf('text/html', Buffer.from(opened));
    router.get(path, (ctx, next) => {
      if (!wantsPage(ctx)) return next();
      setPolicy(ctx);
      send(ctx, file);
      return undefined;
    });
  }
  const worker = await fileOf('text/javascript', readFileSync(join(folder, WORKER)));
  router.get(`/${WORKER}`, (ctx) => {
    ctx.set('Content-Security-Policy', WORKER_POLICY);
    ctx.set('Service-Worker-Allowed', '/');
    ctx.set('Cache-Control', 'no-cache');
    send(ctx, worker);
  });
  const ofNoView = index.replace(OF_A_VIEW, '');
  const names = readdirSync(join(folder, 'assets'));
  const assets = new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, File]> => {
        const type = TYPES[extname(name)] ?? 'application/octet-stream';
        return [name, await fileOf(type, readFileSync(join(folder, 'assets', name)))];
      }),
    ),
  );
  router.get('/assets/:name', (ctx, next) => {
    const file = assets.get(ctx.params['name'] ?? '');
    if (!file) return next();
    ctx.set('Cache-Control', FOR_EVER);
    send(ctx, file);
    return undefined;
  });
  return async (ctx, next) => {
    await next();
    if (ctx.method !== 'GET' || ctx.status !== 404 || OF_PROGRAMS.test(ctx.path) || !wantsPage(ctx)) return;
    setPolicy(ctx);
    ctx.body = ofNoView;
    ctx.type = 'text/html';
  };
}

function setPolicy(ctx: Context): void {
  ctx.set('Content-Security-Policy', POLICY);
  ctx.set('Referrer-Policy', 'no-referrer');
}

/** A browser asks for a page; whatever else calls gets the problem document of a path that does not exist. */
const wantsPage = (ctx: Context): boolean => ctx.accepts('application/json', 'text/html') === 'text/html';

async function fileOf(type: string, content: Buffer): Promise<File> {
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  return { type, content, compressed: await promisify(gzip)(content, { level: 9 }), etag };
}

function send(ctx: Context, { type, content, compressed, etag }: File): void {
  ctx.set('ETag', etag);
  ctx.vary('Accept-Encoding');
  if (ctx.get('If-None-Match') === etag) {
    ctx.status = 304;
    return;
  }
  ctx.type = type;
  if (ctx.acceptsEncodings('gzip', 'identity') === 'gzip') {
    ctx.set('Content-Encoding', 'gzip');
    ctx.body = compressed;
  } else ctx.body = content;
}
