import { expect } from 'chai';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { supervise } from '../process/supervised.ts';
import { fullDisk } from './data-folder.ts';
import { becomesReady } from './readiness.ts';

describe('a service that ends while it starts', () => {
  const scratch = scratchFolders();

  async function failure(reason: () => string | undefined = () => undefined): Promise<string> {
    const folder = scratch();
    const logFile = join(folder, 'mission.log');
    appendFileSync(logFile, 'MAIL_DOMAIN must be the name of a host\n');
    const process = await supervise({
      name: 'mission',
      command: 'sh',
      args: ['-c', 'echo no room >&2; exit 7'],
      pidFile: join(folder, 'mission.pid'),
      logFile,
      signals: ['KILL'],
      secondsPerSignal: 1,
    });
    return await becomesReady({ process, url: 'http://127.0.0.1:9/readyz', logFile, withinMs: 10_000, reason }).then(
      () => 'it became ready',
      ({ message }: Error) => message,
    );
  }

  it('is reported with the end of its own log, and nothing of an earlier start', async () => {
    const message = await failure();
    expect(message).to.contain('mission ended with code 7 while starting. The end of').and.contain('no room');
    expect(message).not.to.contain('MAIL_DOMAIN');
  });

  it('is reported with the full disk that has ended it', async () => {
    const full = () => fullDisk('/data', { bavail: 1, bsize: 4096 });
    expect(await failure(full)).to.contain(
      'ended with code 7 while starting, because the disk of /data is full (0 MB free): make room. The end of',
    );
  });
});
