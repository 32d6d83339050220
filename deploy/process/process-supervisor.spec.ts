import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { ProcessSupervisor, type Running } from './process-supervisor.ts';
import { identify } from './process-identity.ts';
import { supervise, type Supervised } from './supervised.ts';

describe('a keeper', () => {
  const scratch = scratchFolders();

  function keeperOf(script: string): {
    keeper: ProcessSupervisor;
    said: string[];
    started: Supervised[];
    logFile: string;
  } {
    const folder = scratch();
    const logFile = join(folder, 'sample.log');
    const said: string[] = [];
    const started: Supervised[] = [];
    const start = async (): Promise<Running> => {
      const running = await supervise({
        name: 'sample',
        command: 'sh',
        args: ['-c', script],
        pidFile: join(folder, 'sample.pid'),
        logFile,
        signals: ['TERM', 'KILL'],
        secondsPerSignal: 1,
      });
      started.push(running);
      return running;
    };
    return {
      keeper: new ProcessSupervisor({ name: 'sample', start, say: (text) => said.push(text) }),
      said,
      started,
      logFile,
    };
  }

  it('starts again what ended, later each time, and says so', async () => {
    const { keeper, said, started } = keeperOf('exit 3');
    await keeper.start();
    keeper.guard();
    await waitUntil(() => started.length === 3);
    await keeper.stop();
    expect(said.slice(0, 2)).to.deep.equal([
      'sample ended with code 3; starting it again in 0.2 s',
      'sample ended with code 3; starting it again in 0.4 s',
    ]);
  });

  it('says what killed it', async () => {
    const { keeper, said, started } = keeperOf('exec sleep 100');
    const running = await keeper.start();
    keeper.guard();
    process.kill(running.pid, 'SIGKILL');
    await waitUntil(() => started.length === 2);
    await keeper.stop();
    expect(said).to.deep.equal(['sample was ended by signal 9; starting it again in 0.2 s']);
  });

  it('does not start again what ended before it was guarded, or was stopped', async () => {
    const early = keeperOf('exit 3');
    await (
      await early.keeper.start()
    ).exited;
    expect(early.started).to.have.length(1);

    const stopped = keeperOf('exec sleep 100');
    const running = await stopped.keeper.start();
    stopped.keeper.guard();
    await stopped.keeper.stop();
    expect(identify(running.pid)).to.equal(undefined);
    expect(stopped.said).to.deep.equal([]);
  });

  it('gives time to leave before it makes it', async () => {
    const { keeper, logFile } = keeperOf('trap "sleep 1.2; exit 5" TERM; echo here; while :; do sleep 0.02; done');
    const running = await keeper.start();
    keeper.guard();
    await waitUntil(() => readFileSync(logFile, 'utf8') === 'here\n');
    await keeper.stop(5_000);
    // Longer than the second that it has once the pipe is closed.
    expect(await running.exited).to.deep.equal({ code: 5, signal: null });
  });
});
