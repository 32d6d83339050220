import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { root } from './files.ts';

/** Each file breaks the rules that are named with it, and no other. */
const samples: Record<string, { text: string; breaks: string[] }> = {
  'shared/contracts/a.ts': {
    text: `import '../runtime/a.ts'; import 'koa';`,
    breaks: ['contracts', 'contracts import the schema library only'],
  },
  'shared/runtime/a.ts': { text: `import '../contracts/b.ts';`, breaks: ['runtime'] },
  'shared/http/a.ts': { text: `import '../messaging/b.ts';`, breaks: ['http'] },
  'shared/messaging/a.ts': {
    text: `import type { X } from '../persistence/b.ts'; import 'nats';`,
    breaks: ['messaging'],
  },
  'shared/persistence/a.ts': { text: `import '../messaging/b.ts';`, breaks: ['persistence'] },
  'shared/service-kit/a.ts': { text: `import '../client/b.ts'; import '../messaging/b.ts';`, breaks: ['service-kit'] },
  'shared/receipts/a.ts': { text: `import '../runtime/b.ts';`, breaks: ['receipts'] },
  'shared/client/a.ts': { text: `import '../runtime/b.ts';`, breaks: ['client'] },
  'shared/agent-tools/a.ts': {
    text: `import '../persistence/b.ts'; import '../client/b.ts';`,
    breaks: ['agent-tools'],
  },
  'shared/runtime/a.spec.ts': {
    text: `import '../messaging/b.ts'; import '../../test/support/b.ts';`,
    breaks: ['runtime (specs)'],
  },
  'services/mission/a.ts': { text: `const a = await import('../gateway/b.ts'); export { a };`, breaks: ['services'] },
  'services/mission/b.ts': { text: `import '../../shared/agent-tools/b.ts';`, breaks: ['services'] },
  'services/gateway/a.ts': {
    text: `import '../mission/c.ts'; import '../../shared/agent-tools/b.ts';`,
    breaks: ['gateway'],
  },
  'services/agent/a.ts': {
    text: `import '../../shared/messaging/b.ts'; import '../../shared/client/b.ts';`,
    breaks: ['agent'],
  },
  'services/mission/domain/a.ts': { text: `import '../store/b.ts'; import './b.ts';`, breaks: ['domain'] },
  'services/mission/domain/c.ts': { text: `import 'node:crypto';`, breaks: ['a domain imports no package'] },
  'services/scheduler/runs/domain/a.ts': { text: `import '../store/b.ts';`, breaks: ['domain'] },
  'services/mission/store/a.ts': { text: `import '../commands/b.ts'; import '../domain/b.ts';`, breaks: ['store'] },
  'services/mission/commands/a.ts': {
    text: `import '../requests/b.ts'; import '../store/b.ts';`,
    breaks: ['commands'],
  },
  'services/mission/requests/a.ts': {
    text: `import '../jobs/b.ts'; import '../commands/b.ts';`,
    breaks: ['requests import no other entry'],
  },
  'services/mission/jobs/a.ts': { text: `import '../subscriptions/b.ts';`, breaks: ['jobs import no other entry'] },
  'services/mission/subscriptions/a.ts': {
    text: `import '../requests/b.ts';`,
    breaks: ['subscriptions import no other entry'],
  },
  'services/mission/admin/a.ts': { text: `import '../requests/b.ts'; import '../store/b.ts';`, breaks: ['admin'] },
  'services/mission/c.ts': { text: `import './testing/b.ts';`, breaks: ['product imports no tests'] },
  'services/mission/d.ts': {
    text: `import { env } from 'node:process'; export { env };`,
    breaks: ['the environment is read in config.ts'],
  },
  'services/mission/e.ts': { text: `import 'nats';`, breaks: ['only shared/messaging imports nats'] },
  'services/mission/f.ts': { text: `import './main.ts';`, breaks: ['nobody imports a main.ts'] },
  'services/mission/g.ts': { text: `import './h.ts'; export const g = 1;`, breaks: ['no circles'] },
  // A circle is reported once, by the file that is met first.
  'services/mission/h.ts': { text: `import { type g } from './g.ts'; export type H = typeof g;`, breaks: [] },
  'services/mission/i.ts': { text: `import './nowhere.ts';`, breaks: ['every import is found'] },
  'deploy/process/a.ts': { text: `import '../local/b.ts';`, breaks: ['deploy/process'] },
  'deploy/dev-servers/a.ts': {
    text: `import '../local/b.ts'; import '../process/b.ts';`,
    breaks: ['deploy/dev-servers'],
  },
  'deploy/local/a.ts': { text: `import '../cli/b.ts';`, breaks: ['deploy/local'] },
  'deploy/cli/a.ts': { text: `import '../../services/mission/j.ts';`, breaks: ['deploy/cli'] },
  'test/e2e/a.ts': { text: `import '../../services/mission/j.ts';`, breaks: [] },
};

/** A relative path is the only way from one sample to another, so this rule is held to one file of its own below. */
const BY_NAME = 'another package is imported by its name';

describe('the rules of .dependency-cruiser.mjs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'missions-imports-'));
  const broken = new Map<string, Set<string>>();

  before(() => {
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    for (const [path, { text }] of Object.entries(samples)) write(path, text);
    // What the samples import, where no sample is imported itself.
    for (const [path, { text }] of Object.entries(samples))
      for (const [, target = ''] of text.matchAll(/'(\.[^']+)'/g)) {
        const file = join(dirname(path), target);
        if (!(file in samples) && !file.includes('nowhere')) write(file, 'export const b = 1;\n');
      }
    const args = ['--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json'];
    const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const { stdout } = spawnSync(process.execPath, [cruiser, ...args, 'shared', 'services', 'deploy', 'test'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
    for (const { from, rule } of summary.violations) broken.set(from, (broken.get(from) ?? new Set()).add(rule.name));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [path, { text, breaks }] of Object.entries(samples))
    it(`${breaks.length > 0 ? breaks.join(', ') : 'lets pass'}: ${path} with ${text}`, () => {
      const found = [...(broken.get(path) ?? [])].filter(
        (name) => (name !== BY_NAME && name !== 'every import is found') || breaks.includes(name),
      );
      expect(found.toSorted()).to.deep.equal(breaks.toSorted());
    });

  it(BY_NAME, () => {
    expect(broken.get('test/e2e/a.ts')).to.deep.equal(new Set([BY_NAME]));
  });
});
