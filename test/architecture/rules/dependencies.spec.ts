import { expect } from 'chai';
import { declaredIsUsed, mikroOrmIsOneVersion, usedIsDeclared, versionsArePinned } from './dependencies.ts';
import { files, places } from './samples.ts';

const test = { 'test/package.json': { name: '@missions/test', dependencies: { chai: '6.3.0' } } };

describe('rule: dependencies', () => {
  it('finds what is used and not declared', () => {
    const found = usedIsDeclared(
      files({
        ...test,
        'shared/runtime/package.json': {
          name: '@missions/runtime',
          dependencies: { pino: '1.0.0' },
          devDependencies: { tool: '1.0.0' },
          peerDependencies: { ai: '>=6' },
        },
        'shared/runtime/logger.ts': `import 'pino/file'; import 'node:fs'; import '@missions/runtime/id.ts'; import 'ai';`,
        'shared/runtime/a.ts': `import 'uuid'; import '@missions/contracts/errors.ts'; import 'tool'; import 'chai';`,
        'shared/runtime/a.spec.ts': `import 'chai'; import 'tool'; import 'pino'; import 'uuid';`,
      }),
    );
    expect(found.map((violation) => violation.split(': ')[0])).to.deep.equal([
      'shared/runtime/a.ts:1 imports uuid',
      'shared/runtime/a.ts:1 imports @missions/contracts',
      'shared/runtime/a.ts:1 imports tool',
      'shared/runtime/a.ts:1 imports chai',
      'shared/runtime/a.spec.ts:1 imports uuid',
    ]);
  });

  it('finds what is declared and not used', () => {
    const found = declaredIsUsed(
      files({
        'package.json': { devDependencies: { oxlint: '1.0.0', unused: '1.0.0' } },
        'test/check.ts': `run('node_modules/oxlint/bin/oxlint')`,
        'services/gateway/package.json': {
          dependencies: { koa: '3.0.0', 'koa-helmet': '9.0.0' },
          devDependencies: { '@types/koa': '3.0.0', '@types/pg': '8.0.0' },
        },
        'services/gateway/app.ts': `import Koa from 'koa'; // not koa-helmet`,
        'deploy/local/package.json': {
          optionalDependencies: { '@embedded/linux-x64': '1.0.0', '@other/server-linux-amd64': '1.0.0' },
        },
        'deploy/local/binary.ts': 'resolve(`@embedded/${platform}/package.json`)',
      }),
    );
    expect(found.map((violation) => violation.split(': ')[0])).to.deep.equal([
      'package.json declares unused',
      'services/gateway/package.json declares koa-helmet',
      'services/gateway/package.json declares @types/pg',
      'deploy/local/package.json declares @other/server-linux-amd64',
    ]);
  });

  it('finds versions that are open or do not agree', () => {
    const found = versionsArePinned(
      files({
        'shared/runtime/package.json': { dependencies: { a: '^1.0.0', b: '1.0.0' } },
        'test/package.json': { dependencies: { b: '1.0.1' } },
      }),
    );
    expect(places(found)).to.deep.equal(['shared/runtime/package.json', 'test/package.json']);
  });

  it('finds parts of MikroORM that differ', () => {
    const found = mikroOrmIsOneVersion(
      files({
        'shared/persistence/package.json': {
          dependencies: { '@mikro-orm/core': '7.2.1', '@mikro-orm/migrations': '7.2.0' },
        },
      }),
    );
    expect(found).to.have.lengthOf(1);
  });
});
