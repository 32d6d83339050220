import { expect } from 'chai';
import { exportedTypesAreUnique } from './exported-types.ts';
import { files, places } from './samples.ts';

describe('rule: exported types of a package have different names', () => {
  it('finds a name that two files export', () => {
    const found = exportedTypesAreUnique(
      files({
        'shared/runtime/a.ts': 'export interface Answer {}',
        'shared/runtime/b.ts': '\nexport type Answer = string;',
        'shared/runtime/c.ts': 'export class Answer {}',
      }),
    );
    expect(places(found)).to.deep.equal(['shared/runtime/b.ts:2', 'shared/runtime/c.ts:1']);
  });

  it('lets pass other packages, private types, and a type beside a value of its name in one file', () => {
    const found = exportedTypesAreUnique(
      files({
        'shared/runtime/a.ts': 'export type Answer = string;\nexport class Answer {}',
        'shared/client/a.ts': 'export type Answer = string;',
        'shared/runtime/b.ts': 'interface Answer {}\n// \nexport const answer = 1;',
      }),
    );
    expect(found).to.deep.equal([]);
  });
});
