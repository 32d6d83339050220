import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';

const root = resolve(import.meta.dirname, '../..');

/** The rules that need types are silently left out when the type-aware half of the linter is missing, so each is seen to fail here. */
const samples: Record<string, string> = {
  'no-floating-promises': 'async function save(): Promise<void> {}\nsave();\nexport {};\n',
  'no-misused-promises': 'declare function each(fn: () => void): void;\neach(async () => {});\nexport {};\n',
  'await-thenable': 'export const three: number = await (3 as number);\n',
};

describe('the lint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'missions-lint-'));
  before(() =>
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions: { types: [] }, include: ['.'] }),
    ),
  );
  after(() => rmSync(folder, { recursive: true }));

  for (const [rule, text] of Object.entries(samples)) {
    it(`finds ${rule}`, () => {
      const file = join(folder, `${rule}.ts`);
      writeFileSync(file, text);
      const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
      const { status, stdout } = spawnSync(
        process.execPath,
        [oxlint, '-c', join(root, '.oxlintrc.json'), '--type-aware', '-f', 'unix', file],
        { encoding: 'utf8' },
      );
      expect(stdout).to.contain(rule);
      expect(status).to.equal(1);
    });
  }
});
