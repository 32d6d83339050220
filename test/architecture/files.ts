import { globSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

export interface SourceFile {
  /** From the project's root, with `/`. */
  path: string;
  text: string;
}

export const root = resolve(import.meta.dirname, '../..');

/** Every TypeScript file and package manifest of the project, whether or not git knows it yet. */
export const projectFiles = (): SourceFile[] =>
  filesOf(['package.json', '{shared,services,deploy,test}/**/{*.ts,package.json}']);

export function filesOf(patterns: string[]): SourceFile[] {
  const found = globSync(patterns, {
    cwd: root,
    exclude: (path) => path === 'node_modules' || path.endsWith(`${sep}node_modules`),
  });
  return found
    .toSorted()
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(root, path), 'utf8') }));
}

export const isSource = (file: SourceFile): boolean => file.path.endsWith('.ts');
/** A spec, a program that specs start, or what a `testing` folder holds for specs. */
export const isSpec = (file: SourceFile): boolean => /\.(spec|sample)\.ts$|\/testing\//.test(file.path);

/** What runs in production: neither specs nor what only tests and local runs use. */
export const isProduct = (file: SourceFile): boolean =>
  isSource(file) && !isSpec(file) && !/^(test|deploy)\//.test(file.path);

/** The package that a file belongs to, e.g. `shared/runtime`, `services/mission`, `deploy`, `test`. */
export function packageOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  if (first === 'test') return second === 'support' ? 'test/support' : 'test';
  return first === 'deploy' ? 'deploy' : `${first}/${second}`;
}

/** The place of a match in a file, as editors open it. */
export const placeOf = (file: SourceFile, index: number): string =>
  `${file.path}:${file.text.slice(0, index).split('\n').length}`;

/**
 * The file with its comments blanked, so that lines keep their numbers. Strings are recognised, so that `//` of an
 * address stays; regular expressions are not, so that one with a lone quote hides what follows it on its line.
 */
export const withoutComments = (file: SourceFile): SourceFile => ({
  ...file,
  text: file.text.replaceAll(STRING_OR_COMMENT, (found) =>
    found.startsWith('/') ? found.replaceAll(/[^\n]/g, ' ') : found,
  ),
});

const STRING_OR_COMMENT = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[^]*?\*\//g;
