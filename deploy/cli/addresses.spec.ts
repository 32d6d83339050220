import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { openSecrets } from '../local/secrets.ts';
import { addresses, UnknownAddress } from './addresses.ts';

describe('the addresses of the operators’ command', () => {
  const folder = scratchFolders();

  it('are those of the servers that npm start runs in DATA_DIR', () => {
    const dataDir = folder();
    writeFileSync(join(dataDir, 'ports.json'), '{"postgres":20001,"nats":20002}');
    writeFileSync(
      join(dataDir, 'launcher.json'),
      '{"address":"http://127.0.0.1:8003","publicUrl":"https://missions.example"}',
    );
    const secrets = openSecrets(dataDir);
    const [database, nats] = [
      secrets.getOrCreate('email_bridge_database'),
      secrets.getOrCreate('OPERATOR_NATS_PASSWORD'),
    ];
    const found = addresses({ DATA_DIR: dataDir }, '/');
    expect(found.database('email-bridge')).to.equal(`postgres://email_bridge:${database}@127.0.0.1:20001/postgres`);
    expect(found.nats('operator')).to.equal(`nats://operator:${nats}@127.0.0.1:20002`);
    const provisioner = secrets.getOrCreate('PROVISIONER_NATS_PASSWORD');
    expect(found.nats('provisioner')).to.equal(`nats://provisioner:${provisioner}@127.0.0.1:20002`);
    expect(found.gateway()).to.equal('http://127.0.0.1:8003');
    expect(found.publicUrl()).to.equal('https://missions.example');
    expect(addresses({ DATA_DIR: dataDir, PUBLIC_URL: 'http://a.example/' }, '/').publicUrl()).to.equal(
      'http://a.example',
    );
  });

  it('are those of the environment first, whatever DATA_DIR contains', () => {
    const found = addresses(
      {
        DATA_DIR: folder(),
        EMAIL_BRIDGE_DATABASE_URL: 'postgres://a',
        OPERATOR_NATS_URL: 'nats://b',
        PROVISIONER_NATS_URL: 'nats://d',
        GATEWAY_URL: 'http://c',
      },
      '/',
    );
    expect([found.database('email-bridge'), found.nats('operator'), found.gateway()]).to.deep.equal([
      'postgres://a',
      'nats://b',
      'http://c',
    ]);
    expect(found.nats('provisioner')).to.equal('nats://d');
  });

  it('are unknown if nothing was started in DATA_DIR, and the error names the variable to set', () => {
    const found = addresses({ DATA_DIR: folder() }, '/');
    expect(() => found.database('mission')).to.throw(UnknownAddress, 'MISSION_DATABASE_URL');
    expect(() => found.nats('operator')).to.throw(UnknownAddress, 'OPERATOR_NATS_URL');
    expect(() => found.nats('provisioner')).to.throw(UnknownAddress, 'PROVISIONER_NATS_URL');
    expect(found.gateway()).to.equal(undefined);
    expect(() => found.publicUrl()).to.throw(UnknownAddress, 'PUBLIC_URL');
  });
});
