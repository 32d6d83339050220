import { expect } from 'chai';
import { filesAreSmall, foldersHaveNames } from './names-and-sizes.ts';
import { files, places } from './samples.ts';

describe('rule: names and sizes', () => {
  it('finds meaningless names', () => {
    const found = foldersHaveNames(
      files({
        'shared/utils/a.ts': '',
        'services/mission/types.ts': '',
        'shared/client/index.spec.ts': '',
        'shared/runtime/id.ts': '',
      }),
    );
    expect(places(found)).to.deep.equal([
      'shared/utils/a.ts',
      'services/mission/types.ts',
      'shared/client/index.spec.ts',
    ]);
  });

  it('finds files that are too long', () => {
    const lines = (count: number) => 'a();\n'.repeat(count);
    const found = filesAreSmall(
      files({
        'shared/runtime/long.ts': lines(301),
        'shared/runtime/right.ts': lines(300),
        'shared/runtime/long.spec.ts': lines(400),
        'services/mission/main.ts': lines(61),
        'services/gateway/main.ts': lines(60),
      }),
    );
    expect(places(found)).to.deep.equal(['shared/runtime/long.ts', 'services/mission/main.ts']);
  });
});
