import { globSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

export interface SourceFile {
  /** From the project's root, with `/`. */
  path: string;
  text: string;
}

const root = resolve(import.meta.dirname, '../../..');

/** Every TypeScript file and package manifest of the project, whether or not git knows it yet. */
export function projectFiles(): SourceFile[] {
  const found = globSync(['package.json', '{shared,services,deploy,test}/**/{*.ts,package.json}'], {
    cwd: root,
    exclude: (path) => path === 'node_modules' || path.endsWith(`${sep}node_modules`),
  });
  return found
    .toSorted()
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(root, path), 'utf8') }));
}

export const isSource = (file: SourceFile): boolean => file.path.endsWith('.ts');
/** A spec, or what a room's `testing` folder holds for its specs. */
export const isSpec = (file: SourceFile): boolean => file.path.endsWith('.spec.ts') || isTestRoom(file.path);
export const isTestRoom = (path: string): boolean => /^(services|shared)\/[^/]+\/testing\//.test(path);

/** What runs in production: neither specs nor what only tests and local runs use. */
export const isProduct = (file: SourceFile): boolean =>
  isSource(file) && !isSpec(file) && !/^(test|deploy)\//.test(file.path);

/** The package a file belongs to, e.g. `shared/runtime`, `services/mission`, `deploy`, `test`. */
export function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  if (first === 'test') return second === 'support' ? 'test/support' : 'test';
  return first === 'deploy' ? 'deploy' : `${first}/${second}`;
}
