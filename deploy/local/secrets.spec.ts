import { expect } from 'chai';
import { statSync, writeFileSync } from 'node:fs';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { openSecrets } from './secrets.ts';

describe('secrets', () => {
  const scratch = scratchFolders();

  it('are created once, readable by their owner only, and need no quotes', () => {
    const folder = scratch();
    const { file, getOrCreate } = openSecrets(folder);
    const created = getOrCreate('postgres');
    expect(created).to.match(/^[a-z][a-z0-9]{40,}$/);
    expect(getOrCreate('nats')).not.to.equal(created);
    expect(openSecrets(folder).getOrCreate('postgres')).to.equal(created);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('that were created elsewhere are stored beside the others', () => {
    const folder = scratch();
    const { getOrCreate, set, get } = openSecrets(folder);
    const created = getOrCreate('postgres');
    expect(get('agent_key')).to.equal(undefined);
    set('agent_key', 'mak_1');
    expect(openSecrets(folder).get('agent_key')).to.equal('mak_1');
    expect(openSecrets(folder).getOrCreate('postgres')).to.equal(created);
  });

  it('are not replaced if their file cannot be read', () => {
    const folder = scratch();
    writeFileSync(openSecrets(folder).file, '{');
    expect(() => openSecrets(folder)).to.throw('cannot be read');
  });
});
