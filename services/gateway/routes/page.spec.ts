import { expect } from 'chai';
import { product } from '@missions/test-support/shared-product.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('the users’ page', () => {
  let origin: string;
  let html: string;
  before(async () => {
    ({ origin } = await product());
    html = await (await open('/')).text();
  });

  const open = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${origin}${path}`, { headers: { accept: BROWSER, ...headers }, redirect: 'manual' });
  const assets = (): string[] => [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');

  /** But for what its view needs besides. */
  const common = (text: string): string => text.replace(/^.* data-view=.*\n/gm, '');

  for (const path of ['/', '/sign-in', '/q/1', '/missions', '/missions/1', '/history', '/settings', '/operate'])
    it(`is at ${path} for a browser, which reads it anew each time, and a problem for a program`, async () => {
      const page = await open(path);
      expect([page.status, page.headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=utf-8']);
      expect(page.headers.get('cache-control')).to.equal('no-store');
      expect(common(await page.text())).to.equal(common(html));
      const program = await open(path, { accept: 'application/json' });
      expect([program.status, ((await program.json()) as { code: string }).code]).to.deep.equal([404, 'NOT_FOUND']);
    });

  it('has a browser ask at once for all that the view of its address needs, and for nothing of other views', async () => {
    const scripts = async (path: string): Promise<string[]> =>
      [...(await (await open(path)).text()).matchAll(/(?:modulepreload"|module") (?:src|href)="([^"]+)"/g)].map(
        ([, script = '']) => script,
      );
    const viewsOf = (paths: string[]): string[] => paths.filter((script) => script.includes('/view-'));
    // Each once: a stranger's address may ask for fifty things a second.
    const read = new Map<string, Promise<string[]>>();
    const imported = (script: string): Promise<string[]> => {
      const names = read.get(script) ?? importedBy(script);
      read.set(script, names);
      return names;
    };
    const importedBy = async (script: string): Promise<string[]> =>
      [...(await (await open(script)).text()).matchAll(/(?:\bfrom|\bimport)"\.\/([^"]+)"/g)].map(
        ([, name = '']) => `/assets/${name}`,
      );
    const views = new Set<string>();
    for (const path of ['/', '/q/1', '/missions', '/missions/1', '/history', '/settings', '/operate', '/sign-in']) {
      const named = await scripts(path);
      expect(viewsOf(named), path).to.have.length(1);
      viewsOf(named).forEach((view) => views.add(view));
      for (const script of named) expect(named, `${path}: ${script}`).to.include.members(await imported(script));
    }
    expect(views.size).to.equal(8);
    expect(viewsOf(await scripts('/nothing'))).to.deep.equal([]);
  });

  const wrong = ['/q', '/missions/', '/q/1/2', '/Missions', '/nothing', '/%', '//nothing', '/nothing/%ff', '/apis'];
  for (const path of wrong)
    it(`says of ${path} to a browser itself that nothing is there, and to a program by a problem`, async () => {
      const page = await open(path);
      expect([page.status, page.headers.get('content-type')]).to.deep.equal([404, 'text/html; charset=utf-8']);
      expect(page.headers.get('content-security-policy')).to.contain('trusted-types service-worker');
      expect(page.headers.get('cache-control')).to.equal('no-store');
      expect(await page.text()).to.equal(common(html));
      const program = await open(path, { accept: 'application/json' });
      expect([program.status, ((await program.json()) as { code: string }).code]).to.deep.equal([404, 'NOT_FOUND']);
    });

  for (const path of ['/q/%', '/missions/%ff', '/q/%00'])
    it(`is at ${path} too, where it says that nothing is there`, async () => {
      const page = await open(path);
      expect([page.status, common(await page.text())]).to.deep.equal([200, common(html)]);
    });

  for (const path of ['/api/v2', '/api', '/assets/none.js', '/assets/..%2Findex.html', '/docs/none', '/hooks/none'])
    it(`is not at ${path}, which belongs to programs`, async () => {
      const problem = await open(path);
      expect([problem.status, ((await problem.json()) as { code: string }).code]).to.deep.equal([404, 'NOT_FOUND']);
    });

  it('runs its own files only, and connects to this gateway only', async () => {
    const policy = (await open('/')).headers.get('content-security-policy')?.split('; ');
    expect(policy).to.include.members([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "worker-src 'self'",
      "require-trusted-types-for 'script'",
      'trusted-types service-worker',
    ]);
    expect(policy?.join(' ')).not.to.contain('unsafe');
    expect(html).not.to.match(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i);
  });

  it('has a service worker for all of it, which is read anew, loads nothing and calls this gateway only', async () => {
    const worker = await open('/service-worker.js', { accept: '*/*' });
    expect([worker.status, worker.headers.get('content-type')]).to.deep.equal([200, 'text/javascript; charset=utf-8']);
    expect(worker.headers.get('service-worker-allowed')).to.equal('/');
    expect(worker.headers.get('cache-control')).to.equal('no-cache');
    expect(worker.headers.get('content-security-policy')).to.equal("default-src 'none'; connect-src 'self'");
    const script = await worker.text();
    expect(script)
      .to.contain('notificationclick')
      .and.to.not.match(/addEventListener\("fetch"|importScripts/);
    const kept = await open('/service-worker.js', { 'if-none-match': worker.headers.get('etag') ?? '' });
    expect(kept.status).to.equal(304);
  });

  it('has files that browsers keep for ever, compressed', async () => {
    expect(assets()).to.have.length.at.least(2);
    for (const path of assets()) {
      const file = await open(path);
      expect(file.headers.get('content-type'), path).to.match(/^text\/(javascript|css); charset=utf-8$/);
      expect(file.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
      expect(file.headers.get('content-encoding')).to.equal('gzip');
      expect(file.headers.get('x-content-type-options')).to.equal('nosniff');
      const plain = await open(path, { 'accept-encoding': 'identity' });
      expect(await plain.text()).to.equal(await file.text());
      const kept = await open(path, { 'if-none-match': file.headers.get('etag') ?? '' });
      expect([kept.status, await kept.text()]).to.deep.equal([304, '']);
    }
  });
});
