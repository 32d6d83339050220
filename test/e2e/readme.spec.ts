import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type SharedProduct, product } from '@missions/testing/shared-product.ts';
import { filledIn, pastedTogether, shellBlocks } from './readme.ts';
import { paste } from './shell.ts';

const README = new URL('../../README.md', import.meta.url);

describe('the examples of the README', function () {
  this.timeout(60_000);
  let running: SharedProduct;

  before(async () => {
    running = await product();
  });
  const run = (markdown: string) => {
    const calls = shellBlocks(markdown).filter((block) => /\bcurl\b/.test(block));
    return paste(pastedTogether(calls.map((block) => filledIn(block, running))), { HUB_SERVICE_SECRET: running.secret });
  };

  it('work when they are pasted one after another', async () => {
    const markdown = readFileSync(README, 'utf8');
    expect(shellBlocks(markdown).filter((block) => /\bcurl\b/.test(block)), 'blocks with a call').not.to.be.empty;
    const { code, stdout, stderr } = await run(markdown);
    expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: '' });
  });

  const block = (script: string): string => `Text\n\n\`\`\`sh\n${script}\n\`\`\`\n`;
  const headers = '-H "Authorization: Bearer $HUB_SERVICE_SECRET" -H "Content-Type: application/json"';
  const create = `curl -sS http://localhost:8003/api/internal/missions ${headers} -d '{"user_id":"ada","title":"Read me"}'`;

  it('would fail the run where one fails, also within a pipe or a variable', async () => {
    expect(await run(block(`ID=$(${create} | sed 's/.*//')\necho "made"`) + block(create.replace('$HUB_SERVICE_SECRET', '<the secret>')))).to.include({ code: 0, stderr: '' });
    for (const broken of [create.replace('"title"', '"titel"'), create.replace('$HUB_SERVICE_SECRET', 'wrong'), `${create.replace('missions', 'nope')} | cat`, `ID=$(${create.replace('ada', '')})`]) {
      const { code, stderr } = await run(block(broken) + block('echo curl'));
      expect(code, broken).not.to.equal(0);
      expect(stderr).to.contain('a call failed');
    }
  });
});
