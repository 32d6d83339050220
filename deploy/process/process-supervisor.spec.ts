import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { ProcessSupervisor, type Running } from './process-supervisor.ts';
import { identify } from './process-identity.ts';
import { supervise, type Supervised } from './supervised.ts';

describe('a process supervisor', () => {
  const scratch = scratchFolders();

  function supervisorOf(
    script: string,
    reason?: () => string,
  ): {
    supervisor: ProcessSupervisor;
    messages: string[];
    started: Supervised[];
    logFile: string;
  } {
    const folder = scratch();
    const logFile = join(folder, 'sample.log');
    const messages: string[] = [];
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
      supervisor: new ProcessSupervisor({
        name: 'sample',
        start,
        say: (text) => messages.push(text),
        ...(reason && { reason }),
      }),
      messages,
      started,
      logFile,
    };
  }

  it('restarts a process that ended, after a longer delay each time, and says so', async () => {
    const { supervisor, messages, started } = supervisorOf('exit 3');
    await supervisor.start();
    supervisor.restartOnExit();
    await waitUntil(() => started.length === 3);
    await supervisor.stop();
    expect(messages.slice(0, 2)).to.deep.equal([
      'sample ended with code 3; starting it again in 0.2 s',
      'sample ended with code 3; starting it again in 0.4 s',
    ]);
  });

  it('says why a process ended if that can be seen from outside', async () => {
    const { supervisor, messages, started } = supervisorOf('exit 7', () => 'the disk is full');
    await supervisor.start();
    supervisor.restartOnExit();
    await waitUntil(() => started.length === 2);
    await supervisor.stop();
    expect(messages[0]).to.equal('sample ended with code 7, because the disk is full; starting it again in 0.2 s');
  });

  it('names the signal that ended the process', async () => {
    const { supervisor, messages, started } = supervisorOf('exec sleep 100');
    const running = await supervisor.start();
    supervisor.restartOnExit();
    process.kill(running.pid, 'SIGKILL');
    await waitUntil(() => started.length === 2);
    await supervisor.stop();
    expect(messages).to.deep.equal(['sample was ended by signal 9; starting it again in 0.2 s']);
  });

  it('does not restart a process that ended before restartOnExit, or that it stopped', async () => {
    const early = supervisorOf('exit 3');
    await (
      await early.supervisor.start()
    ).exited;
    expect(early.started).to.have.length(1);

    const stopped = supervisorOf('exec sleep 100');
    const running = await stopped.supervisor.start();
    stopped.supervisor.restartOnExit();
    await stopped.supervisor.stop();
    expect(identify(running.pid)).to.equal(undefined);
    expect(stopped.messages).to.deep.equal([]);
  });

  it('gives the process its grace before it stops the process', async () => {
    const { supervisor, logFile } = supervisorOf(
      'trap "sleep 1.2; exit 5" TERM; echo here; while :; do sleep 0.02; done',
    );
    const running = await supervisor.start();
    supervisor.restartOnExit();
    await waitUntil(() => readFileSync(logFile, 'utf8') === 'here\n');
    await supervisor.stop(5_000);
    // The process takes longer than the second that it would have after its pipe has been closed.
    expect(await running.exited).to.deep.equal({ code: 5, signal: null });
  });
});
