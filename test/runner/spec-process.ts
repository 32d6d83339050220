import { stripVTControlCharacters } from 'node:util';
import { once } from 'node:events';
import fc from 'fast-check';
import Mocha from 'mocha';
import { setSeed } from '@missions/test-support/random.ts';
import { closeAll, failureOutput } from '@missions/test-support/spec-run.ts';
import { LEAK_EXIT_CODE } from './closing.ts';
import { describeHandles } from './handles.ts';
import type { Failure, FileResult, Order, Report, SpecSettings } from './protocol.ts';
import { processorSeconds } from './processor-time.ts';
import { isLongTitle } from './quick.ts';
import { nameOf } from './spec-files.ts';

/**
 * A process that runs spec files, one after another, as `test/run.ts` hands them out. Each file has a mocha of its
 * own; what files share (servers, a product) lives as long as the process. After the last file the process must end
 * by itself: a pool, a subscription or a child that a test left open is a bug of the test or, worse, of the product's
 * shutdown.
 */
const settings = JSON.parse(process.argv[2] ?? '') as SpecSettings;

setSeed(settings.seed);
fc.configureGlobal({ seed: settings.seed });

// The parent was killed: there is no process to report to, and test servers end with this process.
const orphaned = () => process.exit(1);
process.on('disconnect', orphaned);

const report = (message: Report): Promise<void> =>
  new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));

await report({ kind: 'ready' });
for (;;) {
  const [order] = (await once(process, 'message')) as [Order];
  if (order.kind === 'end') break;
  const before = settings.slow ? processorSeconds(process.pid) : undefined;
  const result = await runFile(order.file);
  const after = settings.slow ? processorSeconds(process.pid) : undefined;
  if (before !== undefined && after !== undefined) result.processorSeconds = after - before;
  if (result.counts.failed > 0) process.exitCode = 1;
  await report({ kind: 'file', result });
}
await closeAll();
await report({ kind: 'end' });
mustEnd();

async function runFile(file: string): Promise<FileResult> {
  const began = performance.now();
  const mocha = new Mocha({
    ui: 'bdd',
    reporter: 'spec',
    color: settings.color,
    timeout: settings.timeoutMs,
    slow: 1000,
    forbidOnly: true,
    rootHooks: { afterEach: printLogs },
    ...(settings.grep === undefined ? {} : { grep: settings.grep }),
  });
  mocha.files = [file];
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    console.log(`\n  ${nameOf(file)} cannot be loaded:`);
    console.log(error);
    const counts = { passed: 0, failed: 1, skipped: 0 };
    return { file, counts, failures: [failure('cannot be loaded', error)], ms: performance.now() - began };
  }
  if (settings.quick) leaveOutLongTests(mocha.suite);
  const failures: Failure[] = [];
  const runner = await new Promise<Mocha.Runner>((resolve) => {
    const running = mocha.run(() => resolve(running));
    running.on('fail', (test: Mocha.Test | Mocha.Hook, error: unknown) =>
      failures.push(failure(test.fullTitle(), error)),
    );
  });
  // Takes back what this mocha listens to on the process: with a mocha for each file the listeners would add up.
  mocha.dispose();
  const { passes, failures: failed, pending } = runner.stats ?? { passes: 0, failures: 1, pending: 0 };
  return { file, counts: { passed: passes, failed, skipped: pending }, failures, ms: performance.now() - began };
}

/**
 * The whole message, which may hold the end of a service's log: often only the end of a transcript is kept. Without
 * blank lines, as one of these ends the list in it.
 */
function failure(title: string, error: unknown): Failure {
  const lines = stripVTControlCharacters(String(error)).split('\n');
  const reason = lines.filter((line) => line.trim() !== '').map((line) => line.slice(0, 400));
  return { title: title.replaceAll(/\s+/g, ' '), reason: reason.slice(0, 40) };
}

function leaveOutLongTests(suite: Mocha.Suite): void {
  suite.tests = suite.tests.filter(({ title }) => !isLongTitle(title));
  for (const inner of suite.suites) leaveOutLongTests(inner);
}

async function printLogs(this: Mocha.Context): Promise<void> {
  if (this['currentTest']?.state === 'failed') console.error(await failureOutput());
}

function mustEnd(): void {
  process.off('disconnect', orphaned);
  process.disconnect();
  // Nothing holds the process then. Node would wait for the handles that it is still closing, and rarely does so for
  // ever, at full speed (24.21, `CleanupHandles`).
  process.once('beforeExit', () => process.exit());
  const timer = setTimeout(() => {
    const handles = describeHandles().map((handle) => `  ${handle}`);
    console.error(`\nStill held ${settings.leakMs} ms after the last test by:\n${handles.join('\n')}`);
    process.exit(LEAK_EXIT_CODE);
  }, settings.leakMs);
  timer.unref();
}
