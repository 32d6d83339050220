import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { AlreadyRunning, lockFolder } from './launcher-lock.ts';
import { identify } from './process-identity.ts';

describe('the lock of a data folder', () => {
  const scratch = scratchFolders();

  it('admits one launcher, and names it to the next', () => {
    const folder = scratch();
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).to.throw(AlreadyRunning, `still starting (process ${process.pid})`);
    lock.announce({ address: 'http://127.0.0.1:8003' });
    expect(() => lockFolder(folder)).to.throw(AlreadyRunning, 'at http://127.0.0.1:8003');
    lock.release();
    expect(readdirSync(folder)).to.deep.equal([]);
    lockFolder(folder).release();
  });

  it('is taken over from a launcher that has ended', () => {
    const folder = scratch();
    const endedPid = spawnSync('true').pid;
    writeFileSync(join(folder, 'launcher.json'), JSON.stringify({ pid: endedPid, started: '1' }));
    lockFolder(folder);
    expect(JSON.parse(readFileSync(join(folder, 'launcher.json'), 'utf8'))).to.include({ pid: process.pid });
    expect(readdirSync(folder)).to.deep.equal(['launcher.json']);
  });

  it('is taken over if another process got the pid of its holder', () => {
    const folder = scratch();
    const started = Number(identify(process.pid)?.started) - 1;
    writeFileSync(join(folder, 'launcher.json'), JSON.stringify({ pid: process.pid, started: String(started) }));
    lockFolder(folder).release();
  });

  it('is taken over if its file is incomplete', () => {
    const folder = scratch();
    writeFileSync(join(folder, 'launcher.json'), '{"pid":');
    lockFolder(folder).release();
  });
});
