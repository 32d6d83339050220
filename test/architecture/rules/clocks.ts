import { isSource, placeOf, type SourceFile, withoutComments } from '../files.ts';

/**
 * Under a `domain` folder time comes in as data. `Date.now` and the other globals are found by the linter; it has no
 * rule for these.
 */
export const noCurrentDateInDomain = (files: readonly SourceFile[]): string[] =>
  files
    .filter((file) => isSource(file) && /^services\/.*\/domain\//.test(file.path))
    .flatMap((file) =>
      [...withoutComments(file).text.matchAll(/\bDate\(\s*\)|\bnew Date\b(?!\()/g)].map(
        ({ index }) => `${placeOf(file, index)} reads the clock: take the time as data`,
      ),
    );
