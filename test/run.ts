import { isatty } from 'node:tty';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { closingLine, type Counts, FAILED, LEAK_EXIT_CODE } from './runner/closing.ts';
import type { FileResult } from './runner/protocol.ts';
import { SpecQueue } from './runner/queue.ts';
import { isLongFile } from './runner/quick.ts';
import { nameOf, specFiles } from './runner/spec-files.ts';
import { SpecWorker, type WorkerExit } from './runner/spec-worker.ts';

/**
 * `npm test`: every spec, or the given files, folders and patterns (`npm test -- shared/runtime --grep health`).
 *
 * The specs run in processes of their own, so that this one sees them crash, hang on a leaked handle or be killed,
 * and can have the last word: the final line is always `N passed, N failed` (with `, N skipped` when any), and the
 * exit code is 0 only when that says 0 failed. `--quick` leaves out the long ones (`npm run test:quick`), `--seed N`
 * (or SEED=N) repeats a run's random choices, `--slow` lists the slowest files, `--processes N` runs N files at once.
 *
 * Files wait in one queue, and each process takes the next when it has finished one. A process that crashes is
 * replaced; the file that it was running counts as one failure and is not run again.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string' },
    processes: { type: 'string', default: '2' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    slow: { type: 'boolean', default: false },
    'timeout-ms': { type: 'string', default: '120000' },
    'leak-ms': { type: 'string', default: '5000' },
  },
});

const found = specFiles(positionals);
const files = values.quick ? found.filter((file) => !isLongFile(file)) : found;
const queue = new SpecQueue(files);
const processes = Math.min(Math.max(1, Number(values.processes)), files.length);
const settings = {
  ...(values.grep === undefined ? {} : { grep: values.grep }),
  timeoutMs: Number(values['timeout-ms']),
  leakMs: Number(values['leak-ms']),
  // Not `isTTY` of the stream, which is undefined for a pipe: mocha would then decide by the environment.
  color: isatty(1),
  seed: Number(values.seed ?? process.env['SEED'] ?? Date.now() % 2 ** 31) | 0,
  quick: values.quick,
  slow: values.slow,
};

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
const results: FileResult[] = [];
/** Failures outside of any test. Each counts as one, so that the closing line never says 0 failed for a red run. */
const faults: string[] = [];
const workers = new Set<SpecWorker>();
let stopping = false;

// Ctrl-C reaches the spec processes by itself, as they share the terminal; they end, and then so does this.
process.on('SIGINT', stop);
process.on('SIGTERM', () => {
  stop();
  for (const worker of workers) worker.terminate();
});

console.log(`seed ${settings.seed} (repeat its random choices with --seed ${settings.seed})`);
const outputs = mkdtempSync(join(tmpdir(), 'missions-specs-'));
process.once('exit', () => rmSync(outputs, { recursive: true, force: true }));
await Promise.all(Array.from({ length: processes }, (_, index) => runWorkers(index + 1)));

if (stopping && faults.length === 0) faults.push('The run was stopped before its end.');
if (counts.passed + counts.failed === 0 && faults.length === 0) faults.push('No test ran.');
counts.failed += faults.length;
printSummary();
console.log(closingLine(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;

/** One spec process, and another in its place whenever it crashes. */
async function runWorkers(number: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const worker = new SpecWorker({
      settings,
      // With one process nothing can be interleaved, and its output is printed as it comes.
      ...(processes > 1 ? { outputFile: join(outputs, `${number}-${attempt}`) } : {}),
      next,
      onResult,
    });
    workers.add(worker);
    const exit = await worker.exited();
    workers.delete(worker);
    if (exit.cutShort !== undefined) queue.done(exit.cutShort);
    if (exit.cutShort !== undefined && processes > 1) printHeading(exit.cutShort);
    process.stdout.write(exit.output);
    const fault = whatWentWrong(exit);
    if (fault !== undefined) faults.push(fault);
    if (exit.ended || !exit.wasReady || stopping || queue.length === 0) return;
  }
}

function next(): string | undefined {
  const file = queue.take();
  if (file !== undefined && processes === 1) printHeading(file);
  return file;
}

function onResult(result: FileResult, output: string): void {
  queue.done(result.file);
  results.push(result);
  counts.passed += result.counts.passed;
  counts.failed += result.counts.failed;
  counts.skipped += result.counts.skipped;
  const ran = result.counts.passed + result.counts.failed + result.counts.skipped;
  if (processes === 1 || (ran === 0 && values.grep !== undefined)) return;
  printHeading(result.file);
  process.stdout.write(output);
}

function stop(): void {
  stopping = true;
  queue.clear();
}

function printHeading(file: string): void {
  console.log(`\n── ${nameOf(file)}`);
}

function whatWentWrong({ code, signal, cutShort, ended }: WorkerExit): string | undefined {
  const how = signal ?? `exit code ${code}`;
  if (code === LEAK_EXIT_CODE) return 'The tests ended, and a spec process did not: see what holds it above.';
  if (cutShort !== undefined) return `${nameOf(cutShort)} was cut short (${how}).`;
  // Told to leave between two files: the run as a whole was stopped.
  if (stopping) return undefined;
  if (!ended) return `A spec process was cut short (${how}).`;
  if (signal !== null || (code !== 0 && counts.failed === 0))
    return `A spec process failed after its last test (${how}).`;
  return undefined;
}

function printSummary(): void {
  if (values.slow) {
    const slowest = results.toSorted((one, other) => other.ms - one.ms).slice(0, 25);
    console.log(`\nThe slowest files, in seconds, and what they used of the processors:`);
    for (const { file, ms, processorSeconds = NaN } of slowest)
      console.log(`${inSeconds(ms / 1000)} ${inSeconds(processorSeconds)}  ${nameOf(file)}`);
  }
  const failures = results.flatMap(({ file, failures: ofFile }) =>
    ofFile.map(({ title, reason }) => [`${nameOf(file)}: ${title}`, ...reason].join('\n    ')),
  );
  if (failures.length + faults.length > 0) console.log(`\n${FAILED}\n${[...failures, ...faults].join('\n')}`);
  console.log();
}

function inSeconds(seconds: number): string {
  return seconds.toFixed(1).padStart(7);
}
