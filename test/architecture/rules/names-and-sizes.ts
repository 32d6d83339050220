import { isSource, isSpec, type SourceFile } from '../files.ts';

const EMPTY_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'index']);

/** A name that says nothing about its subject attracts everything; an index hides where things are. */
export function foldersHaveNames(files: readonly SourceFile[]): string[] {
  const named = files.flatMap((file) =>
    file.path.split('/').map((part) => ({ file, name: part.split('.', 1)[0] ?? '' })),
  );
  return named
    .filter(({ name }) => EMPTY_NAMES.has(name))
    .map(({ file, name }) => `${file.path}: '${name}' says nothing about its subject`);
}

const MAX_LINES = 300;
const MAX_MAIN_LINES = 60;

export function filesAreSmall(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => isSource(file) && !isSpec(file))
    .flatMap((file) => {
      const lines = file.text.trimEnd().split('\n').length;
      const isWiring = /^services\/[^/]+\/main\.ts$/.test(file.path);
      const limit = isWiring ? MAX_MAIN_LINES : MAX_LINES;
      return lines > limit
        ? [
            `${file.path} has ${lines} lines: at most ${limit}${isWiring ? ' of wiring' : ', beyond which a file tells two stories'}`,
          ]
        : [];
    });
}
