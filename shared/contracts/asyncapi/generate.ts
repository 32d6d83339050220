import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { asyncapi } from './document.ts';

/**
 * `node shared/contracts/asyncapi/generate.ts` writes asyncapi.json. With `--check` it writes nothing and fails unless
 * the committed file equals the generated document.
 */
const path = fileURLToPath(new URL('asyncapi.json', import.meta.url));
const generated = `${JSON.stringify(asyncapi(), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, generated);
} else if (readFileSync(path, 'utf8') !== generated) {
  console.error(
    'shared/contracts/asyncapi/asyncapi.json differs from the contracts.\nRun: node shared/contracts/asyncapi/generate.ts',
  );
  process.exitCode = 1;
}
