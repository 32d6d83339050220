import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { asyncapi } from './document.ts';

/**
 * `node shared/contracts/asyncapi/generate.ts` writes asyncapi.json; with `--check` it only says whether the committed file is what the code
 * says, and fails when it is not.
 */
const path = fileURLToPath(new URL('asyncapi.json', import.meta.url));
const wanted = `${JSON.stringify(asyncapi(), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, wanted);
} else if (readFileSync(path, 'utf8') !== wanted) {
  console.error(
    'shared/contracts/asyncapi/asyncapi.json is not what the contracts say.\nRun: node shared/contracts/asyncapi/generate.ts',
  );
  process.exitCode = 1;
}
