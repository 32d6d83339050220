import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';

const root = resolve(import.meta.dirname, '../..');
const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');

/**
 * The rules that need types are silently left out when the type-aware half of the linter is missing, so each is seen
 * to fail here.
 */
const samples: Record<string, string> = {
  'no-floating-promises': 'async function save(): Promise<void> {}\nsave();\nexport {};\n',
  'no-misused-promises': 'declare function each(fn: () => void): void;\neach(async () => {});\nexport {};\n',
  'await-thenable': 'export const three: number = await (3 as number);\n',
};

/** The walls of a domain and of the environment, each file where its rule holds. */
const places: Record<string, { text: string; rule?: string }> = {
  'services/mission/domain/clock.ts': { text: 'export const now = Date.now();', rule: 'no-restricted-properties' },
  'services/mission/domain/dice.ts': { text: 'export const dice = Math.random();', rule: 'no-restricted-properties' },
  'services/mission/domain/uuid.ts': { text: 'export const id = crypto.randomUUID();', rule: 'no-restricted-globals' },
  'services/mission/domain/wait.ts': { text: 'setTimeout(String, 1);', rule: 'no-restricted-globals' },
  'services/mission/domain/pid.ts': { text: 'export const { pid } = process;', rule: 'no-restricted-globals' },
  'services/mission/domain/call.ts': { text: `export const got = fetch('http://x');`, rule: 'no-restricted-globals' },
  'services/scheduler/runs/domain/time.ts': {
    text: 'export const now = performance.now();',
    rule: 'no-restricted-globals',
  },
  'services/mission/jobs/clock.ts': { text: 'export const now = Date.now();' },
  'services/mission/a.ts': { text: `export const home = process.env['HOME'];`, rule: 'no-process-env' },
  'shared/runtime/a.ts': { text: `export const home = process.env['HOME'];`, rule: 'no-process-env' },
  'services/mission/config.ts': { text: `export const home = process.env['HOME'];` },
  'services/mission/a.spec.ts': { text: `export const home = process.env['HOME'];` },
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

  for (const [path, { text, rule }] of Object.entries(places))
    it(`${rule === undefined ? 'lets pass' : `finds ${rule}`}: ${path} with ${text}`, () => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${text}\n`);
      writeFileSync(join(folder, '.oxlintrc.json'), readFileSync(join(root, '.oxlintrc.json')));
      const { status, stdout } = spawnSync(process.execPath, [oxlint, '-f', 'unix', path], {
        cwd: folder,
        encoding: 'utf8',
      });
      if (rule !== undefined) expect(stdout).to.contain(rule);
      expect(status, stdout).to.equal(rule === undefined ? 0 : 1);
    });

  for (const [rule, text] of Object.entries(samples)) {
    it(`finds ${rule}`, () => {
      const file = join(folder, `${rule}.ts`);
      writeFileSync(file, text);
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
