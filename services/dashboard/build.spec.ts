import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'esbuild';
import { buildPage } from './build.ts';

const weightOf = (content: Uint8Array): number => gzipSync(content, { level: 9 }).length;

describe('the weight of the page, compressed', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'missions-page-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A script with all that it imports before it runs, which is what a browser waits for. */
  function withImports(name: string, found = new Set<string>()): Set<string> {
    if (found.has(name)) return found;
    found.add(name);
    const script = readFileSync(join(folder, 'assets', name), 'utf8');
    // Imports of views are calls, `import("./view.js")`, and made when they are opened.
    for (const [, imported = ''] of script.matchAll(/(?:\bfrom|\bimport)"\.\/([^"]+)"/g)) withImports(imported, found);
    return found;
  }

  it('is at most 40 KB of script and style before the first view is seen, whichever that is', async () => {
    await buildPage(folder);
    const names = readdirSync(join(folder, 'assets'));
    const [page = '', style = ''] = [/^page-/, /\.css$/].map((kind) => names.find((name) => kind.test(name)));
    const views = names.filter((name) => name.startsWith('view-'));
    expect(views).to.have.length.at.least(6);
    for (const view of views) {
      const loaded = [style, ...withImports(page), ...withImports(view)];
      const bytes = [...new Set(loaded)].map((name) => weightOf(readFileSync(join(folder, 'assets', name))));
      expect(bytes.reduce((sum, weight) => sum + weight, 0)).to.be.within(10_000, 40_000);
    }
  });

  it('is at most 7 KB for the client of users', async () => {
    const entry = join(import.meta.dirname, '../../shared/client/user-client.ts');
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    expect(weightOf(outputFiles[0]?.contents ?? new Uint8Array())).to.be.within(1_000, 7_000);
  });
});
