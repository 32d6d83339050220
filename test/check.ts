import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/**
 * `npm run check`: types, format, lint, the generated AsyncAPI document, imports between folders, unused files and
 * dependencies, and the rules of test/architecture. Nothing of the product is started. Every step runs, also after
 * one that failed, so that one run shows all there is to mend. The output of a step is printed whole, when it has ended.
 */
const steps: readonly { name: string; args: readonly string[] }[] = [
  // The longest comes first.
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '.'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.base.json'] },
  { name: 'types of the page', args: ['node_modules/typescript/bin/tsc', '-p', 'services/dashboard'] },
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

/** Most of them use one processor for most of their time. */
const AT_ONCE = 2;

const cwd = resolve(import.meta.dirname, '..');
// Their output is collected, so that none can see a terminal.
const env = process.stdout.isTTY ? { FORCE_COLOR: '1', ...process.env } : process.env;
const results: string[] = [];
const waiting = steps.entries();
await Promise.all(Array.from({ length: AT_ONCE }, runSteps));
console.log(`\n${results.join('\n')}`);

async function runSteps(): Promise<void> {
  for (const [at, { name, args }] of waiting) {
    const began = performance.now();
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void output.push(chunk));
    const [code] = (await once(child, 'close')) as [number | null];
    console.log(`\n── ${name}`);
    process.stdout.write(Buffer.concat(output));
    if (code !== 0) process.exitCode = 1;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    results[at] = `${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`;
  }
}
