/**
 * `npm run release -- <version> [--dry-run]`: checks the project, builds the packages for others, tries their tarballs in
 * an empty folder, and writes version and changelog. It publishes nothing: it ends with the commands that do, which belong
 * into a pipeline that proves where a package comes from. With `--dry-run`, nothing of the project is changed or checked.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPackages } from './build.ts';
import { tryPackages } from './try-packages.ts';

const root = resolve(import.meta.dirname, '../..');
const OUT = join(root, 'node_modules/.cache/missions-release/packages');
const TOOLS = join(root, 'node_modules/.cache/missions-release/tools');

const { values, positionals } = parseArgs({
  options: { 'dry-run': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [version = '', ...more] = positionals;
process.exitCode =
  /^\d+\.\d+\.\d+(-[0-9a-z.]+)?$/.test(version) && more.length === 0 ? await release(version) : usage();

function usage(): number {
  console.error('npm run release -- <version> [--dry-run], with a version as semver has it, e.g. 0.2.0');
  return 2;
}

async function release(next: string): Promise<number> {
  const dry = values['dry-run'];
  if (!dry) {
    if (spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).stdout.trim() !== '')
      return refuse('There are changes that are not committed.');
    if (spawnSync(process.execPath, [join(root, 'test/check.ts')], { cwd: root, stdio: 'inherit' }).status !== 0)
      return refuse('The check has found something.');
    writeVersion(next);
  }
  const folders = await buildPackages(root, OUT, next);
  const tarballs = folders.map((folder) => join(folder, pack(folder)));
  const attempts = tryPackages(root, tarballs, TOOLS);
  for (const { what, failure, skipped } of attempts)
    console.log(`${failure !== undefined ? '✘' : skipped !== undefined ? '! NOT TRIED:' : '✔'} ${what}`);
  for (const { what, failure, skipped } of attempts)
    if (failure ?? skipped) console.error(`\n${what}:\n${failure ?? skipped}`);
  if (attempts.some(({ failure }) => failure !== undefined)) return refuse('The packages do not work everywhere.');
  if (!dry) writeChangelog(next);
  console.log(`\nPublish with:\n${tarballs.map((tarball) => `  npm publish --provenance ${tarball}`).join('\n')}`);
  return 0;
}

function refuse(why: string): number {
  console.error(`${why} Nothing is released.`);
  return 1;
}

function pack(folder: string): string {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--silent'], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack failed in ${folder}: ${stderr}`);
  return stdout.trim();
}

/** Project, packages and contracts have one version; they name each other by it. */
function writeVersion(next: string): void {
  const { version: last } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const manifests = globSync(['package.json', '{shared,services,test}/*/package.json', '{deploy,test}/package.json'], {
    cwd: root,
  });
  const named = new RegExp(`("version"|"@missions/[a-z-]+"): "${last.replaceAll('.', '\\.')}"`, 'g');
  for (const file of [...manifests, 'package-lock.json'])
    rewrite(file, (text) => text.replaceAll(named, `$1: "${next}"`));
  rewrite('shared/contracts/version.ts', (text) => text.replace(`VERSION = '${last}'`, `VERSION = '${next}'`));
}

function writeChangelog(next: string): void {
  const day = new Date().toISOString().slice(0, 10);
  rewrite('CHANGELOG.md', (text) => text.replace('## Unreleased\n', `## Unreleased\n\n## ${next} - ${day}\n`));
}

function rewrite(file: string, change: (text: string) => string): void {
  const path = join(root, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}
