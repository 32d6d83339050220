import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { agentKey } from '@missions/test-support/reference-agent.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { buildPackages } from './build.ts';
import { publicPackages, snippetOf } from './packages.ts';
import { SCRIPT } from './try-packages.ts';

/** What a statement imports, or a type. Relative places are left out. */
const IMPORTED = /^(?:import|export)\b[^;'"`=]*\bfrom ["']([^.'"][^'"]*)["']|\bimport\(["']([^.'"][^'"]*)["']\)/gm;
const root = resolve(import.meta.dirname, '../..');

/** What the registry is needed for (compilers, linters, other versions of Node), `npm run release` tries. */
describe('the packages for others', () => {
  let folder: string;
  let built: string[];
  const filesOf = (one: string): string[] =>
    readdirSync(one, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(js|d\.ts)$/.test(file));

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'missions-packages-'));
    built = await buildPackages(root, join(folder, 'built'), '1.2.3');
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '@missions'), { recursive: true });
    for (const [at, { name }] of publicPackages.entries()) symlinkSync(built[at] as string, join(modules, name));
    // A package is looked up from where its files are.
    symlinkSync(modules, join(folder, 'built/node_modules'));
    for (const name of ['canonicalize', 'jose', 'nats', 'typebox', '@modelcontextprotocol'])
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('name no package that others cannot install, in modules and in declarations', () => {
    const named = built.flatMap((one) => {
      const { dependencies, peerDependencies = {} } = JSON.parse(readFileSync(join(one, 'package.json'), 'utf8'));
      const known = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
      return filesOf(one).flatMap((file) =>
        [...readFileSync(join(one, file), 'utf8').matchAll(IMPORTED)]
          .map(([, statement, type]) => statement ?? type ?? '')
          .filter((name) => !name.startsWith('node:') && !known.some((it) => name === it || name.startsWith(`${it}/`)))
          .map((name) => `${file}: ${name}`),
      );
    });
    expect(named).to.deep.equal([]);
  });

  it('are plain ES modules without side effects, with declarations, licence and README', () => {
    for (const [at, one] of built.entries()) {
      const manifest = JSON.parse(readFileSync(join(one, 'package.json'), 'utf8'));
      expect(manifest).to.deep.include({
        name: publicPackages[at]?.name,
        version: '1.2.3',
        type: 'module',
        sideEffects: false,
        license: 'MIT',
        engines: { node: '>=20' },
        publishConfig: { access: 'public', provenance: true },
      });
      expect(manifest).not.to.have.any.keys('private', 'scripts', 'devDependencies');
      expect(Object.values(manifest.dependencies).filter((range) => !/^\^?\d/.test(String(range)))).to.deep.equal([]);
      const there = filesOf(one).map((file) => `./${file}`);
      for (const { types, default: file } of Object.values<any>(manifest.exports).filter(
        (it) => typeof it === 'object',
      ))
        expect(there).to.include.members([types, file]);
      expect(readdirSync(one)).to.include.members(['LICENSE', 'README.md']);
    }
  });

  it('work from JavaScript, together', () => {
    writeFileSync(join(folder, 'use.mjs'), SCRIPT);
    const { stdout, stderr } = spawnSync(process.execPath, ['use.mjs'], { cwd: folder, encoding: 'utf8' });
    expect([stdout, stderr]).to.deep.equal(['ok\n', '']);
  });

  it('do against a running product what their READMEs show', async () => {
    const running = await product();
    const api = new Api(running);
    const key = await agentKey(running.database, api.customer, 'reader');
    for (const [at, one] of built.entries()) {
      const shown = snippetOf(readFileSync(join(one, 'README.md'), 'utf8'));
      expect(shown, one).to.contain(`'${publicPackages[at]?.name}'`);
      // Events need a login of their own: shared/examples/subscriber runs them.
      if (publicPackages[at]?.name === '@missions/events') continue;
      const text = shown.replaceAll('http://localhost:8003', running.origin).replaceAll('an agent’s key', key);
      writeFileSync(join(folder, 'shown.ts'), text);
      const { code, stderr } = await ended(spawn(process.execPath, ['shown.ts'], { cwd: folder }));
      expect([code, stderr], text).to.deep.equal([0, '']);
    }
    const { body } = await api.get('missions?user_id=ada');
    expect(body.missions[0]).to.include({ title: 'Q1 budget meeting', priority: 'high' });
  });
});

async function ended(child: ChildProcessWithoutNullStreams): Promise<{ code: number; stderr: string }> {
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr };
}
