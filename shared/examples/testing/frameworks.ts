import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { hasPackages, installedPackages, type Packages } from '@missions/test-support/installed-packages.ts';

const examples = resolve(import.meta.dirname, '..');
const root = resolve(examples, '../..');

/** What the example asks npm for. These frameworks have 85 to 132 MB: they are no dependencies of the project. */
const packagesOf = (name: string): Packages =>
  (JSON.parse(readFileSync(join(examples, name, 'package.json'), 'utf8')) as { dependencies: Packages }).dependencies;

/** Why an example cannot be run here, or undefined. An install takes half a minute, so an ordinary run makes none. */
export const notTested = (name: string): string | undefined =>
  process.env['LONG'] === '1' || hasPackages(name, packagesOf(name))
    ? undefined
    : `NOT TESTED: shared/examples/${name}, because its packages are not installed: LONG=1 installs them, once`;

/**
 * A copy of the example outside of the repository, with its packages and ours beside it, as its user has it.
 * @throws Error where the packages cannot be had
 */
export async function copyOf(name: string): Promise<{ folder: string; remove: () => void }> {
  const packages = join(await installedPackages(name, packagesOf(name)), 'node_modules');
  const folder = mkdtempSync(join(tmpdir(), 'missions-example-'));
  cpSync(join(examples, name), folder, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
  mkdirSync(join(folder, 'node_modules'));
  const installed = readdirSync(packages).filter((entry) => !entry.startsWith('.') && entry !== '@missions');
  for (const entry of installed) symlinkSync(join(packages, entry), join(folder, 'node_modules', entry));
  symlinkSync(join(root, 'node_modules/@missions'), join(folder, 'node_modules/@missions'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** @throws Error with what the compiler says */
export async function checkTypes(folder: string, file: string): Promise<void> {
  const compilerOptions = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: [file], exclude: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}
