import Mocha from 'mocha';
import { type Counts, LEAK_EXIT_CODE } from './closing.ts';
import { describeHandles } from './handles.ts';
import { root } from './spec-files.ts';

/**
 * The process that mocha runs in, started by `test/run.ts`. It tells its parent the counts and must then end by itself: a pool, a
 * subscription or a child that a test left open is a bug of the test or, worse, of the product's shutdown.
 */
interface Orders {
  files: string[];
  grep?: string;
  'timeout-ms': string;
  'leak-ms': string;
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders;

// The parent was killed: nobody is left to report to, and test servers end with this process.
const orphaned = () => process.exit(1);
process.on('disconnect', orphaned);

const mocha = new Mocha({
  ui: 'bdd',
  reporter: 'spec',
  timeout: Number(orders['timeout-ms']),
  slow: 1000,
  forbidOnly: true,
  ...(orders.grep === undefined ? {} : { grep: orders.grep }),
});

for (const file of orders.files) {
  mocha.files = [file];
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    failToLoad(file, error);
  }
}

const runner = mocha.run();
runner.once('end', () => {
  const { passes, failures, pending } = runner.stats ?? { passes: 0, failures: 1, pending: 0 };
  const counts: Counts = { passed: passes, failed: failures, skipped: pending };
  process.exitCode = failures > 0 ? 1 : 0;
  process.send?.(counts, mustEnd);
});

/** One file that cannot be loaded must not hide the results of the others: it becomes a test that fails. */
function failToLoad(file: string, error: unknown): void {
  const name = file.slice(root.length + 1);
  const suite = Mocha.Suite.create(mocha.suite, name);
  suite.addTest(
    new Mocha.Test('can be loaded', () => {
      throw error;
    }),
  );
}

function mustEnd(): void {
  process.off('disconnect', orphaned);
  process.disconnect();
  const timer = setTimeout(() => {
    console.error(
      `\nStill held ${orders['leak-ms']} ms after the last test by:\n${describeHandles()
        .map((handle) => `  ${handle}`)
        .join('\n')}`,
    );
    process.exit(LEAK_EXIT_CODE);
  }, Number(orders['leak-ms']));
  timer.unref();
}
