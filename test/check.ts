import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/**
 * `npm run check`: what can be known without starting anything. Every step runs, whatever became of the one before, so that one run
 * shows everything there is to mend.
 */
const steps: readonly { name: string; args: readonly string[] }[] = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.base.json'] },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--report-unused-disable-directives'] },
  { name: 'asyncapi', args: ['shared/contracts/asyncapi/generate.ts', '--check'] },
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
