import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { identify } from './process-identity.ts';
import { supervise, type SupervisedOptions } from './supervised.ts';

/** Logs a line and ends on SIGTERM. */
const POLITE = 'trap "echo leaving; exit 0" TERM; echo here; while :; do sleep 0.02; done';
const STUBBORN = 'trap "" TERM INT; echo here; while :; do sleep 0.02; done';

describe('a supervised process', () => {
  const scratch = scratchFolders();

  function options(script: string): SupervisedOptions {
    const folder = scratch();
    return {
      name: 'sample',
      command: 'sh',
      args: ['-c', script],
      pidFile: join(folder, 'sample.pid'),
      logFile: join(folder, 'sample.log'),
      signals: ['TERM', 'KILL'],
      secondsPerSignal: 1,
    };
  }
  const logged = (file: string, line: string) =>
    waitUntil(() => readFileSync(file, 'utf8').split('\n').includes(line), { what: line });

  it('is identified by its pid file, with its start time', async () => {
    const sample = options(POLITE);
    const running = await supervise(sample);
    expect(readFileSync(sample.pidFile, 'utf8')).to.equal(`${running.pid} ${identify(running.pid)?.started}\n`);
    expect(identify(running.pid)?.command).to.contain('leaving');
    await running.stop();
  });

  it('reports its exit code, and gets its arguments unchanged', async () => {
    const sample = options('printf "%s|" "$@"; exit 7');
    const running = await supervise({ ...sample, args: [...sample.args, 'sh', 'a b', '$HOME', ''] });
    expect(await running.exited).to.deep.equal({ code: 7, signal: null });
    expect(readFileSync(sample.logFile, 'utf8')).to.equal('a b|$HOME||');
  });

  it('ends in its own time after SIGTERM', async () => {
    const sample = options(POLITE);
    const running = await supervise(sample);
    await logged(sample.logFile, 'here');
    running.terminate();
    expect(await running.exited).to.deep.equal({ code: 0, signal: null });
    expect(readFileSync(sample.logFile, 'utf8')).to.equal('here\nleaving\n');
  });

  it('is killed if it does not end', async () => {
    const sample = options(STUBBORN);
    const running = await supervise(sample);
    await logged(sample.logFile, 'here');
    expect(await running.stop()).to.deep.equal({ code: 128 + 9, signal: null });
    expect(identify(running.pid)).to.equal(undefined);
  });

  it('ends with its starter, even if the starter is killed', async () => {
    const sample = options(POLITE);
    const module = JSON.stringify(new URL('./supervised.ts', import.meta.url).href);
    const script = `
      const { supervise } = await import(${module});
      console.log((await supervise(${JSON.stringify(sample)})).pid);
      setInterval(() => {}, 1e6);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = (await once(starter.stdout, 'data')) as [Buffer];
    const pid = Number(output.toString());
    await logged(sample.logFile, 'here');
    const supervisor = Number(/ (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ''))?.[1]);

    starter.kill('SIGKILL');
    await waitUntil(() => identify(pid) === undefined && identify(supervisor) === undefined, { what: 'both gone' });
    expect(readFileSync(sample.logFile, 'utf8')).to.equal('here\nleaving\n');
  });
});
