import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { expect } from 'chai';
import { root } from './spec-files.ts';

/** Runs `npm test`'s program on samples, and answers how it ended. */
async function run(...args: string[]): Promise<{ code: number; last: string; output: string }> {
  const child = spawn(process.execPath, [join(root, 'test/run.ts'), ...args], { cwd: root });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { code, last: stdout.trimEnd().split('\n').at(-1) ?? '', output: stdout + stderr };
}

const sample = (name: string) => `test/runner/samples/${name}.sample.ts`;

describe('the test run', () => {
  it('ends with the counts, and with 0 when nothing failed', async () => {
    const { code, last } = await run(sample('passes'));
    expect({ code, last }).to.deep.equal({ code: 0, last: '1 passed, 0 failed' });
  });

  it('ends with 1 when a test failed, and counts what was skipped', async () => {
    const { code, last, output } = await run(sample('mixed'));
    expect({ code, last }).to.deep.equal({ code: 1, last: '1 passed, 1 failed, 1 skipped' });
    expect(output).to.contain('on purpose');
  });

  it('takes a pattern of titles', async () => {
    const { code, last } = await run(sample('mixed'), '--grep', 'passes');
    expect({ code, last }).to.deep.equal({ code: 0, last: '1 passed, 0 failed' });
  });

  it('fails when no test ran', async () => {
    const nothing = await run(sample('empty'));
    expect({ code: nothing.code, last: nothing.last }).to.deep.equal({ code: 1, last: '0 passed, 1 failed' });
    const noFile = await run('test/runner/samples/no-such-file.spec.ts');
    expect({ code: noFile.code, last: noFile.last }).to.deep.equal({ code: 1, last: '0 passed, 1 failed' });
  });

  it('fails on a forgotten .only', async () => {
    const { code, last } = await run(sample('only'));
    expect(code).to.equal(1);
    expect(last).to.match(/, 1 failed$/);
  });

  it('fails when something holds the process, and says what', async () => {
    const { code, last, output } = await run(sample('leaks'), '--leak-ms', '100');
    expect({ code, last }).to.deep.equal({ code: 1, last: '1 passed, 1 failed' });
    expect(output).to.contain('server listening on');
  });

  it('fails when the process ended before the tests did', async () => {
    const { code, last } = await run(sample('crashes'));
    expect({ code, last }).to.deep.equal({ code: 1, last: '0 passed, 1 failed' });
  });

  it('runs the other specs when one cannot be loaded', async () => {
    const { code, last, output } = await run(sample('unloadable'), sample('passes'));
    expect({ code, last }).to.deep.equal({ code: 1, last: '1 passed, 1 failed' });
    expect(output).to.contain('cannot be loaded, on purpose');
  });
});
