import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { identify } from './process-identity.ts';
import { type OrphanCandidate, stopOrphans } from './orphans.ts';

describe('orphans of an earlier start', () => {
  const scratch = scratchFolders();
  const spawned: ChildProcess[] = [];
  afterEach(() => {
    for (const child of spawned.splice(0)) child.kill('SIGKILL');
  });

  /** A process that runs until a signal ends it, with the pid and start time that a pid file contains. */
  async function orphan(
    script = 'setInterval(() => {}, 1e6)',
  ): Promise<{ child: ChildProcess; pid: number; started: string }> {
    const child = spawn(process.execPath, ['-e', `${script}; console.log('up')`, 'missions-sample'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    spawned.push(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    const pid = child.pid as number;
    return { child, pid, started: identify(pid)?.started ?? '' };
  }
  function candidate(pid: number, started: string, commandPart = 'missions-sample'): OrphanCandidate {
    const pidFile = join(scratch(), 'sample.pid');
    writeFileSync(pidFile, `${pid} ${started}\n`);
    return { name: 'sample', pidFile, commandPart, signals: ['SIGTERM', 'SIGKILL'] };
  }

  it('are stopped by SIGTERM', async () => {
    const { child, pid, started } = await orphan();
    const found = candidate(pid, started);
    expect(await stopOrphans([found])).to.deep.equal(['sample']);
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).to.equal('SIGTERM');
    expect(existsSync(found.pidFile)).to.equal(false);
  });

  it('are killed if they do not end', async () => {
    const { child, pid, started } = await orphan(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)`);
    expect(await stopOrphans([candidate(pid, started)], 0.1)).to.deep.equal(['sample']);
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).to.equal('SIGKILL');
  });

  it('are left alone if the start time or the command line does not match: the pid is another process’s', async () => {
    const { child, pid, started } = await orphan();
    expect(
      await stopOrphans([candidate(pid, `${Number(started) - 1}`), candidate(pid, started, 'another program')]),
    ).to.deep.equal([]);
    expect(child.exitCode ?? child.signalCode).to.equal(null);
    expect(identify(pid)).not.to.equal(undefined);
  });

  it('are not reported if they have ended or left no pid file', async () => {
    const { child, pid, started } = await orphan();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const missing = { ...candidate(pid, started), pidFile: join(scratch(), 'none.pid') };
    expect(await stopOrphans([candidate(pid, started), missing])).to.deep.equal([]);
  });
});
