import { expect } from 'chai';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { fullDisk, openDataFolder } from './data-folder.ts';
import { postgresPassword, openSecrets } from './secrets.ts';

describe('the data folder', () => {
  const scratch = scratchFolders();
  const open = (dataDir: string) => openDataFolder(dataDir, () => {});

  it('is made with all folders above it, and closed to other users', () => {
    const dataDir = join(scratch(), 'a/b/c');
    expect(open(dataDir)).to.equal(join(dataDir, 'logs'));
    expect(statSync(dataDir).mode & 0o777).to.equal(0o711);
    expect(open(dataDir)).to.equal(join(dataDir, 'logs'));
  });

  it('is no file, and lies below none', () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    for (const dataDir of [file, join(file, 'below')])
      expect(() => open(dataDir)).to.throw(`${file} is a file, and DATA_DIR must name a folder`);
  });

  it('is refused at once where no folder can be made', function () {
    if (!existsSync('/proc/self')) this.skip();
    expect(() => open('/proc/nope/data')).to.throw(
      '/proc/nope cannot be made (ENOENT). Set DATA_DIR (now /proc/nope/data)',
    );
  });

  it('on a full disk is the reason why a program ended', () => {
    expect(fullDisk('/data', { bavail: 1_000, bsize: 4_096 })).to.equal(
      'the disk of /data is full (3 MB free): make room',
    );
    expect(fullDisk('/data', { bavail: 1_000_000, bsize: 4_096 })).to.equal(undefined);
    expect(fullDisk(scratch())).to.equal(undefined);
  });

  it('with a database and without its secrets is not opened with a new password', () => {
    const dataDir = scratch();
    const password = postgresPassword(dataDir, openSecrets(dataDir));
    mkdirSync(join(dataDir, 'postgres'));
    writeFileSync(join(dataDir, 'postgres/PG_VERSION'), '18\n');
    expect(postgresPassword(dataDir, openSecrets(dataDir))).to.equal(password);
    writeFileSync(join(dataDir, 'secrets.json'), '{}');
    expect(() => postgresPassword(dataDir, openSecrets(dataDir)))
      .to.throw(`${join(dataDir, 'secrets.json')} has lost the password of the database`)
      .with.property('message')
      .that.contains('Put the file back');
    expect(openSecrets(dataDir).get('postgres')).to.equal(undefined);
  });
});
