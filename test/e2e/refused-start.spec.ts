import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { mountSmallDisk } from '../chaos/small-disk.ts';
import { launch } from './launcher.ts';

describe('npm start refuses', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'missions refused-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const refusal = (dataDir: string, env: Record<string, string> = {}): Promise<string> =>
    launch(dataDir, env).then(
      (running) => {
        running.signal('SIGTERM');
        return 'it started';
      },
      ({ message }: Error) => message,
    );

  it('wrong settings before anything is started or written, those of all services at once', async () => {
    const data = join(folder, 'data');
    const wrong = { NATS_SYNC: 'x', RUNS_PER_CUSTOMER: 'x', MAIL_DOMAIN: '-', OIDC_JWKS_URL: 'x', DATABASE_POOL: 'x' };
    const message = await refusal(data, wrong);
    for (const variable of Object.keys(wrong)) expect(message).to.contain(`  ${variable} must`);
    expect(message).not.to.contain('Starting');
    expect(existsSync(data)).to.equal(false);
  });

  it('a data folder whose disk has no room for a first start, and says that the disk is full', async () => {
    for (const fill of [false, true]) {
      const disk = mountSmallDisk(24);
      if (!disk) {
        process.stderr.write('\n  !!! NO FULL DISK in this test: only root can mount the small file system.\n');
        return;
      }
      if (fill) disk.fill();
      try {
        expect(await refusal(disk.folder)).to.match(/cannot start, because the disk of \S+ is full.*: make room/);
      } finally {
        disk.remove();
      }
    }
  });
});
