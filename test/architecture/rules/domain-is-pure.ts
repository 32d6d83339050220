import { isSource, isSpec, type SourceFile } from '../source/files.ts';
import { importsOf } from '../source/imports.ts';
import { sequences, tokens } from '../source/tokens.ts';

/**
 * Under `services/<name>/domain` time, ids and randomness come in as data: no clock, no dice, no I/O, and nothing imported but the
 * contracts and the domain itself. Specs may use test libraries, and are held to the rest.
 */
const impure: readonly { words: readonly string[]; say: string }[] = [
  { words: ['Date', '.', 'now'], say: 'reads the clock' },
  { words: ['new', 'Date', '(', ')'], say: 'reads the clock' },
  { words: ['new', 'Date', ';'], say: 'reads the clock' },
  { words: ['Date', '(', ')'], say: 'reads the clock' },
  { words: ['performance', '.', 'now'], say: 'reads the clock' },
  { words: ['Math', '.', 'random'], say: 'throws dice' },
  { words: ['randomUUID'], say: 'throws dice' },
  { words: ['getRandomValues'], say: 'throws dice' },
  { words: ['setTimeout'], say: 'waits' },
  { words: ['setInterval'], say: 'waits' },
  { words: ['process', '.'], say: 'looks at the process' },
  { words: ['fetch', '('], say: 'calls out' },
];

export function domainIsPure(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => isSource(file) && /^services\/[^/]+\/domain\//.test(file.path))
    .flatMap((file) => {
      const all = tokens(file.text);
      const inside = file.path.split('/').slice(0, 3).join('/') + '/';
      const impurities = impure.flatMap(({ words, say }) =>
        sequences(all, words).map((token) => `${file.path}:${token.line} ${say}: hand it in as data`),
      );
      const imports = importsOf(file)
        .filter(
          (one) =>
            one.package === 'node' ||
            (!isSpec(file) && !one.path?.startsWith(inside) && !one.path?.startsWith('shared/contracts/')),
        )
        .map((one) => `${file.path}:${one.line} imports ${one.specifier}: a domain imports contracts and itself`);
      return [...new Set([...impurities, ...imports])];
    });
}
