import { expect } from 'chai';
import { importsOf } from './imports.ts';

const from = (text: string) =>
  importsOf({ path: 'services/mission/store/save.ts', text }).map(({ path, package: name }) => path ?? name);

describe('the imports of a file', () => {
  it('are found in every form', () => {
    const text = [
      `import a from './a.ts'; import type { B } from "../domain/b.ts"; import './c.ts';`,
      `export { d } from './d.ts'; export * from './e.ts';`,
      `const f = await import('./f.ts'); const g = require('g'); require.resolve('h/i'); import.meta.resolve('@j/k/l');`,
    ].join('\n');
    const store = 'services/mission/store';
    const expected = [
      `${store}/a.ts`,
      'services/mission/domain/b.ts',
      `${store}/c.ts`,
      `${store}/d.ts`,
      `${store}/e.ts`,
      `${store}/f.ts`,
      'g',
      'h',
      '@j/k',
    ];
    expect(from(text)).to.deep.equal(expected);
  });

  it('are named by the room they lead to', () => {
    expect(
      from(`import '@missions/runtime/clock.ts'; import '@missions/gateway/main.ts'; import 'node:fs';`),
    ).to.deep.equal(['shared/runtime/clock.ts', 'services/gateway/main.ts', 'node']);
  });

  it('are not what only looks like one', () => {
    expect(from("resolve('a'); log(`moved from ${'b'} to c`); // import 'd'")).to.deep.equal([]);
  });
});
