import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { root } from './spec-files.ts';

/** `.ci/run` in a folder of its own, with an `npm` whose scripts are these lines of shell. */
async function ci(scripts: {
  test: string;
  check: string;
  supply: string;
  containers?: string;
}): Promise<{ code: number; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-ci-'));
  try {
    mkdirSync(join(folder, '.ci'));
    cpSync(join(root, '.ci/run'), join(folder, '.ci/run'));
    const cases = Object.entries(scripts).map(([name, lines]) => `${name})\n${lines}\n;;`);
    writeFileSync(
      join(folder, 'npm'),
      `#!/bin/sh\ncd ${root}\n[ "$1" = run ] && shift\ncase $1 in\n${cases.join('\n')}\nesac\n`,
    );
    chmodSync(join(folder, 'npm'), 0o755);
    return await new Promise((resolve) => {
      const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
      execFile('bash', [join(folder, '.ci/run')], { env, cwd: root }, (error, stdout) =>
        resolve({ code: Number(error?.code ?? 0), lines: stdout.trimEnd().split('\n') }),
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const specs = (...names: string[]) =>
  `${process.execPath} test/run.ts ${names.map((name) => `test/runner/samples/${name}.sample.ts`).join(' ')}`;

describe('the checks of a change', () => {
  it('end with the counts of the tests alone when all pass', async () => {
    const { code, lines } = await ci({ test: specs('passes'), check: 'echo checked', supply: 'echo supplied' });
    expect(code).to.equal(0);
    expect(lines.slice(-3)).to.deep.equal(['checked', 'supplied', '1 passed, 0 failed']);
  });

  it('name what failed, with its error, right before the counts', async () => {
    const { code, lines } = await ci({
      test: specs('mixed', 'unloadable', 'crashes'),
      check: `${specs('mixed')}\necho 'ok     types (1.0 s)'\necho 'FAILED lint (2.0 s)'\nexit 1`,
      supply: 'echo supplied',
    });
    expect(code).to.equal(1);
    expect(lines.slice(lines.indexOf('FAILED: see above'))).to.deep.equal([
      'FAILED: see above',
      'Failed:',
      'test/runner/samples/mixed.sample.ts: a spec of each outcome fails',
      '    Error: on purpose',
      '    with the end of a log',
      'test/runner/samples/unloadable.sample.ts: cannot be loaded',
      '    Error: cannot be loaded, on purpose',
      'test/runner/samples/crashes.sample.ts was cut short (exit code 0).',
      '',
      'Failed:',
      'test/runner/samples/mixed.sample.ts: a spec of each outcome fails',
      '    Error: on purpose',
      '    with the end of a log',
      '',
      'FAILED lint (2.0 s)',
      '1 passed, 3 failed, 1 skipped',
    ]);
  });

  it('fail with the containers, and say what no engine could try', async () => {
    const rest = { test: specs('passes'), check: 'true', supply: 'true' };
    const failed = await ci({ ...rest, containers: 'echo a container failed; exit 1' });
    expect([failed.code, ...failed.lines.slice(-3)]).to.deep.equal([1, '', 'FAILED: see above', '1 passed, 0 failed']);
    const untried = await ci({ ...rest, containers: '[ "$3" = --optional ] && echo \'!!! NO ENGINE: none\' >&2' });
    expect([untried.code, ...untried.lines.slice(-2)]).to.deep.equal([0, '!!! NO ENGINE: none', '1 passed, 0 failed']);
  });

  it('fail with a count when the tests could not even begin', async () => {
    const { code, lines } = await ci({ test: 'echo no Node; exit 1', check: 'true', supply: 'true' });
    expect({ code, last: lines.at(-1) }).to.deep.equal({ code: 1, last: '0 passed, 1 failed' });
  });
});
