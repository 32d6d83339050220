import { expect } from 'chai';
import { statSync, writeFileSync } from 'node:fs';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { openSecrets } from './secrets.ts';

describe('secrets', () => {
  const scratch = scratchFolders();

  it('are made once, kept for the owner alone, and stand unquoted where they are used', () => {
    const folder = scratch();
    const { file, of } = openSecrets(folder);
    const made = of('postgres');
    expect(made).to.match(/^[a-z][a-z0-9]{40,}$/);
    expect(of('nats')).not.to.equal(made);
    expect(openSecrets(folder).of('postgres')).to.equal(made);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('that were made elsewhere are kept beside them', () => {
    const folder = scratch();
    const { of, keep, kept } = openSecrets(folder);
    const made = of('postgres');
    expect(kept('agent_key')).to.equal(undefined);
    keep('agent_key', 'mak_1');
    expect(openSecrets(folder).kept('agent_key')).to.equal('mak_1');
    expect(openSecrets(folder).of('postgres')).to.equal(made);
  });

  it('are not made anew over a file that cannot be read', () => {
    const folder = scratch();
    writeFileSync(openSecrets(folder).file, '{');
    expect(() => openSecrets(folder)).to.throw('cannot be read');
  });
});
