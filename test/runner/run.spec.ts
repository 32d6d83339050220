import { stripVTControlCharacters } from 'node:util';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { expect } from 'chai';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { root } from './spec-files.ts';

/** Runs the program of `npm test`, and returns its exit code, last line and output. */
async function run(...args: string[]): Promise<{ code: number; last: string; output: string }> {
  const child = spawn(process.execPath, [join(root, 'test/run.ts'), ...args], { cwd: root });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  // Mocha may colour its output, whatever it goes to.
  const output = stripVTControlCharacters(stdout + stderr);
  return { code, last: stdout.trimEnd().split('\n').at(-1) ?? '', output };
}

const sample = (name: string) => `test/runner/samples/${name}.sample.ts`;

describe('the test run', () => {
  it('prints the counts last, and exits with 0 when no test failed', async () => {
    const { code, last } = await run(sample('passes'));
    expect({ code, last }).to.deep.equal({ code: 0, last: '1 passed, 0 failed' });
  });

  it('exits with 1 when a test failed, and counts skipped tests', async () => {
    const { code, last, output } = await run(sample('mixed'));
    expect({ code, last }).to.deep.equal({ code: 1, last: '1 passed, 1 failed, 1 skipped' });
    expect(output).to.contain('on purpose');
  });

  it('runs only tests whose titles match a given pattern', async () => {
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

  it('fails when a handle keeps the process alive, and names the handle', async () => {
    const { code, last, output } = await run(sample('leaks'), '--leak-ms', '100');
    expect({ code, last }).to.deep.equal({ code: 1, last: '1 passed, 1 failed' });
    expect(output).to.contain('server listening on');
  });

  it('fails when the process ends before its tests', async () => {
    const { code, last } = await run(sample('crashes'));
    expect({ code, last }).to.deep.equal({ code: 1, last: '0 passed, 1 failed' });
  });

  for (const processes of ['1', '2'])
    it(`names a crashed file in ${processes} process(es), keeps other results, and does not rerun it`, async () => {
      const files = ['passes', 'crashes', 'mixed', 'only'].map(sample);
      const { code, last, output } = await run(...files, '--processes', processes);
      expect({ code, last }).to.deep.equal({ code: 1, last: '2 passed, 3 failed, 1 skipped' });
      expect(output).to.contain(`${sample('crashes')} was cut short (exit code 0)`);
      expect(output.split('a spec that ends the process')).to.have.length(2);
      for (const file of files) expect(output.split(`── ${file}`), file).to.have.length(2);
    });

  it('prints the output of each file in one piece when files run at the same time', async () => {
    const { output } = await run(sample('talks'), sample('talks-too'));
    expect(output).to.match(/── \S+talks\.sample\.ts\n+ +a spec that prints slowly\none\nanother one\n +✔ prints/);
    expect(output).to.match(
      /── \S+talks-too\.sample\.ts\n+ +a spec that prints slowly, too\ntwo\nanother two\n +✔ prints/,
    );
  });

  it('leaves out long folders, and tests whose titles name many repetitions, with --quick', async () => {
    const all = await run(sample('repeats'));
    expect(all.last).to.equal('2 passed, 0 failed');
    const quick = await run(sample('repeats'), 'test/chaos', 'test/e2e', '--quick');
    expect(quick.last).to.equal('1 passed, 0 failed');
    expect(quick.output).not.to.contain('test/chaos');
  });

  it('prints its seed, and repeats a given one', async () => {
    const seedOf = async (...args: string[]) =>
      /draws ([\d.,]+)/.exec((await run(sample('draws'), ...args)).output)?.[1] ?? 'nothing';
    const { output } = await run(sample('draws'));
    const [, seed = ''] = /^seed (\d+)/m.exec(output) ?? [];
    expect(output).to.contain(`draws ${await seedOf('--seed', seed)}`);
    expect(await seedOf('--seed', '1')).not.to.equal(await seedOf('--seed', '2'));
  });

  it('lists the slowest files on request', async () => {
    const { output } = await run(sample('passes'), '--slow');
    expect(output).to.match(
      /The slowest files, in seconds.*:\n +\d+\.\d +(\d+\.\d|NaN) {2}test\/runner\/samples\/passes\.sample\.ts/,
    );
  });

  it('ends its spec processes on SIGTERM, and fails', async () => {
    const child = spawn(process.execPath, [join(root, 'test/run.ts'), sample('waits'), sample('passes')], {
      cwd: root,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => void (output += chunk));
    await waitUntil(() => output.includes('1 passing'), { withinMs: 30_000 });
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, last: output.trimEnd().split('\n').at(-1) }).to.deep.equal({ code: 1, last: '1 passed, 1 failed' });
  });

  it('runs the other specs if one cannot be loaded', async () => {
    const { code, last, output } = await run(sample('unloadable'), sample('passes'));
    expect({ code, last }).to.deep.equal({ code: 1, last: '1 passed, 1 failed' });
    expect(output).to.contain('cannot be loaded, on purpose');
  });
});
