import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { closingLine, type Counts, LEAK_EXIT_CODE } from './runner/closing.ts';
import { specFiles } from './runner/spec-files.ts';

/**
 * `npm test`: every spec, or the given files, folders and patterns (`npm test -- shared/runtime --grep health`).
 *
 * The specs run in a process of their own, so that this one sees it crash, hang on a leaked handle or be killed, and can have the last
 * word: the final line is always `N passed, N failed` (with `, N skipped` when any), and the exit code is 0 only when that says 0 failed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string' },
    'timeout-ms': { type: 'string', default: '30000' },
    'leak-ms': { type: 'string', default: '5000' },
  },
});

const files = specFiles(positionals);
const child = fork(new URL('runner/spec-process.ts', import.meta.url), [JSON.stringify({ files, ...values })]);

// Ctrl-C reaches the specs by itself, as they share the terminal; they end, and then so does this.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
let finished = false;
child.on('message', (message) => {
  Object.assign(counts, message);
  finished = true;
});

const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];

// What went wrong outside of any test counts as one failure, so that the closing line never says 0 failed for a red run.
const fault = whatWentWrong();
if (fault) {
  console.error(`\n${fault}`);
  counts.failed += 1;
}
console.log(closingLine(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;

function whatWentWrong(): string | undefined {
  if (code === LEAK_EXIT_CODE) return 'The tests ended, and the process did not: see what holds it above.';
  if (!finished) return `The tests were cut short (${signal ?? `exit code ${code}`}).`;
  if (counts.passed + counts.failed === 0) return 'No test ran.';
  if (code !== 0 && counts.failed === 0)
    return `The process failed after its last test (${signal ?? `exit code ${code}`}).`;
  return undefined;
}
