import { globSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** From the project's root. */
export const nameOf = (file: string): string => relative(root, file);

/** The measurements of `test/bench` are no specs and have their own command; the specs of its parts are. */
const EVERYWHERE = ['shared/**/*.spec.ts', 'services/**/*.spec.ts', 'deploy/**/*.spec.ts', 'test/**/*.spec.ts'];

/**
 * Absolute paths, in the order of the patterns and by name within each. A file that is named is taken whatever it is
 * called.
 */
export function specFiles(wanted: readonly string[]): string[] {
  const patterns = wanted.length === 0 ? EVERYWHERE : wanted.map(asPattern);
  const found = patterns.flatMap((pattern) =>
    globSync(pattern, {
      cwd: root,
      exclude: (path) => path === 'node_modules' || path.endsWith('/node_modules'),
    }).toSorted(),
  );
  return [...new Set(found)].map((path) => resolve(root, path));
}

function asPattern(path: string): string {
  const folder = statSync(resolve(root, path), { throwIfNoEntry: false })?.isDirectory();
  return folder ? join(path, '**/*.spec.ts') : path;
}
