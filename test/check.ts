import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/**
 * `npm run check`: types, format, lint, the generated AsyncAPI document, imports between folders, unused files and
 * dependencies, and the rules of test/architecture. Nothing of the product is started. Every step runs, also after
 * one that failed, so that one run shows all there is to mend.
 */
const steps: readonly { name: string; args: readonly string[] }[] = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.base.json'] },
  { name: 'types of the page', args: ['node_modules/typescript/bin/tsc', '-p', 'services/dashboard'] },
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '.'] },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--report-unused-disable-directives'] },
  { name: 'asyncapi', args: ['shared/contracts/asyncapi/generate.ts', '--check'] },
  {
    name: 'imports',
    args: [
      'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
      ...['--config', '.dependency-cruiser.mjs', 'shared', 'services', 'deploy', 'test'],
    ],
  },
  { name: 'unused', args: ['node_modules/knip/bin/knip.js', '--no-config-hints'] },
  { name: 'architecture', args: ['test/run.ts', 'test/architecture'] },
];

const cwd = resolve(import.meta.dirname, '..');
const results: string[] = [];
for (const { name, args } of steps) {
  console.log(`\n── ${name}`);
  const began = performance.now();
  const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
  results.push(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}
console.log(`\n${results.join('\n')}`);
