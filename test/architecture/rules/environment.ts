import { isProduct, type SourceFile } from '../source/files.ts';
import { importsOf } from '../source/imports.ts';
import { sequences, tokens } from '../source/tokens.ts';

/** Settings are read in files called `config.ts`, checked once at start, and handed on as values. */
export function environmentInConfigOnly(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => isProduct(file) && !/(^|\/)config\.ts$/.test(file.path))
    .flatMap((file) => {
      const reads = [
        ['process', '.', 'env'],
        ['process', '?', '.', 'env'],
      ]
        .flatMap((words) => sequences(tokens(file.text), words))
        .map((token) => token.line);
      // `import { env } from 'node:process'` would go round it.
      const goesRound = importsOf(file)
        .filter((one) => /^(node:)?process$/.test(one.specifier))
        .map((one) => one.line);
      return [...reads, ...goesRound].map(
        (line) => `${file.path}:${line} reads the environment: only a config.ts does`,
      );
    });
}
