import { resolve } from 'node:path';
import { askRegistry, REGISTRY_CHECKS } from './supply/registry-checks.ts';

/**
 * `npm run supply`: asks the registry about the installed packages, known vulnerabilities and signatures. A registry
 * that does not answer fails nothing, but is said aloud: then nobody has looked.
 */
const cwd = resolve(import.meta.dirname, '..');
const outcomes = await Promise.all(
  REGISTRY_CHECKS.map(async (check) => ({
    name: check.name,
    ...(await askRegistry(check, { cwd, withinMs: 20_000 })),
  })),
);
console.log('\n── supply');
for (const { name, verdict, text } of outcomes) {
  if (verdict === 'failed') process.exitCode = 1;
  const word = { passed: 'ok     ', failed: 'FAILED ', skipped: 'SKIPPED' }[verdict];
  console.log(`${word} ${name}: ${text}`);
}
if (outcomes.some(({ verdict }) => verdict === 'skipped'))
  console.log(
    '!! NOT CHECKED: what is SKIPPED above has been looked at by nobody. Run `npm run supply` with a network.',
  );
