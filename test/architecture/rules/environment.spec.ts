import { expect } from 'chai';
import { environmentInConfigOnly } from './environment.ts';
import { files, places } from './samples.ts';

describe('rule: the environment is read in config.ts only', () => {
  it('finds who else reads it', () => {
    const found = environmentInConfigOnly(
      files({
        'services/mission/config.ts': 'process.env',
        'services/mission/main.ts': 'start(process.env)',
        'services/mission/my-config.ts': 'process?.env',
        'shared/runtime/a.ts': `import { env } from 'node:process';`,
        'shared/runtime/a.spec.ts': 'process.env',
        'deploy/local/start.ts': 'process.env',
        'test/run.ts': 'process.env',
      }),
    );
    expect(places(found)).to.deep.equal([
      'services/mission/main.ts:1',
      'services/mission/my-config.ts:1',
      'shared/runtime/a.ts:1',
    ]);
  });
});
