import { expect } from 'chai';
import { domainIsPure } from './domain-is-pure.ts';
import { files } from './samples.ts';

const inDomain = (text: string, name = 'a.ts') => domainIsPure(files({ [`services/mission/domain/${name}`]: text }));

describe('rule: a domain is pure', () => {
  for (const text of [
    'const at = Date.now();',
    'const at = new Date();',
    'const at = new Date;',
    'const at = Date();',
    'performance.now();',
    'Math.random();',
    'crypto.randomUUID();',
    'setTimeout(run, 5);',
    'process.exit();',
    'fetch("http://a");',
    `import { readFile } from 'node:fs';`,
    `import { v7 } from 'uuid';`,
    `import { newId } from '@missions/runtime/id.ts';`,
    `import { save } from '../store/save.ts';`,
  ]) {
    it(`finds ${text}`, () => expect(inDomain(text)).to.have.lengthOf(1));
  }

  it('lets pass dates made of data, the contracts and the domain itself', () => {
    const text = `import type { Task } from '@missions/contracts/mission/task.ts'; import { b } from './b.ts';
      // Date.now() is not for us
      const at = new Date(command.at); const text = 'Date.now()';`;
    expect(inDomain(text)).to.deep.equal([]);
  });

  it('lets specs use their tools, and no clock', () => {
    expect(inDomain(`import { expect } from 'chai';`, 'a.spec.ts')).to.deep.equal([]);
    expect(inDomain('Date.now()', 'a.spec.ts')).to.have.lengthOf(1);
  });

  it('is about domains only', () => {
    expect(domainIsPure(files({ 'services/mission/store/a.ts': 'Date.now()' }))).to.deep.equal([]);
  });
});
