import { expect } from 'chai';
import { files, places } from './samples.ts';
import { mikroOrmIsOneVersion, versionsArePinned } from './versions.ts';

describe('rule: versions', () => {
  it('finds a range, a tag, and a version that differs between manifests', () => {
    const found = versionsArePinned(
      files({
        'package.json': { dependencies: { a: '1.0.0' } },
        'shared/runtime/package.json': { dependencies: { a: '1.0.1', b: '^2.0.0' }, devDependencies: { c: 'latest' } },
        'services/mission/package.json': { optionalDependencies: { a: '1.0.0', d: '1.0.0-beta.1' } },
      }),
    );
    expect(found.map((one) => one.split(':')[0])).to.deep.equal([
      'shared/runtime/package.json has a 1.0.1, another manifest 1.0.0',
      'shared/runtime/package.json has b ^2.0.0',
      'shared/runtime/package.json has c latest',
    ]);
  });

  it('finds parts of MikroORM in different versions', () => {
    const found = mikroOrmIsOneVersion(
      files({
        'shared/persistence/package.json': { dependencies: { '@mikro-orm/core': '7.2.1' } },
        'services/mission/package.json': { dependencies: { '@mikro-orm/migrations': '7.2.0' } },
      }),
    );
    expect(places(found)).to.have.length(1);
  });
});
