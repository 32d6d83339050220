import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { launch, type Launcher } from './launcher.ts';
import { filledIn, shellBlocks, textForNewcomers } from './readme.ts';
import { pasteInto } from './shell.ts';
import { findZsh } from './zsh-package.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const loudly = (what: string): void => void process.stderr.write(`\n  !!! ${what}\n`);

/**
 * What a newcomer does: `npm start`, and then every block of the README and of the pages after it, from top to bottom,
 * pasted into an interactive shell. An interactive zsh takes comments for words, and an interactive bash expands `!`.
 * Each is done twice.
 */
describe('the newcomer’s hour', function () {
  this.timeout(180_000);
  let folder: string;
  let account: { uid: number; gid: number } | undefined;
  let running: Launcher;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'missions newcomer-'));
    chmodSync(folder, 0o755);
    account = ordinaryAccount();
    for (const name of ['data', 'home']) {
      mkdirSync(join(folder, name));
      if (account) chownSync(join(folder, name), account.uid, account.gid);
    }
    // Root goes on as the owner of its data folder. Nothing is compiled for that account yet.
    running = await launch(join(folder, 'data'), {}, 150_000);
  });
  after(async () => {
    running?.signal('SIGTERM');
    await running?.ended;
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(running?.output());
  });

  function ordinaryAccount(): { uid: number; gid: number } | undefined {
    if (process.getuid?.() !== 0) return undefined;
    // PostgreSQL wants a number that an account has.
    const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? [];
    const nobody = { uid: Number(uid), gid: Number(gid) };
    if (uid && spawnSync(process.execPath, ['--version'], { ...nobody, cwd: ROOT }).status === 0) return nobody;
    loudly('The README is tried AS ROOT: there is no account nobody, or it may not read this folder or its Node.');
    return undefined;
  }

  const printed = (pattern: RegExp): string => pattern.exec(running.output())?.[1] ?? '';

  /** The README's own `ada` and `my-agent` are one newcomer's; each shell here is another newcomer. */
  async function pasteAll(shell: string, args: readonly string[], name: string): Promise<void> {
    const around = {
      origin: running.address,
      secret: running.secret,
      smtpPort: Number(printed(/replies are taken at smtp:\/\/127\.0\.0\.1:(\d+)/)),
      agent: printed(/Agent +(http:\S+)/),
    };
    const blocks = shellBlocks(textForNewcomers());
    const script = [`export HUB_SERVICE_SECRET=${running.secret}`, ...blocks, 'echo "all was pasted"']
      .map((block) => filledIn(block, around).replaceAll(/\bada\b/g, `ada-${name}`))
      .join('\n')
      .replaceAll('my-agent', `my-agent-${name}`);
    const env = { DATA_DIR: join(folder, 'data'), HOME: join(folder, 'home'), TERM: 'dumb' };
    const { code, stdout, stderr } = await pasteInto(shell, args, `${script}\n`, { env, cwd: ROOT, account });
    expect(code, stderr).to.equal(0);
    expect(stdout.trimEnd().split('\n').at(-1), `${stdout}\n${stderr}`).to.equal('all was pasted');
    const faults = `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => /^curl: \(|not found|parse error|syntax error|^\w*Error: |"code":"[A-Z_]+"/.test(line));
    expect(faults, `${stdout}\n${stderr}`).to.deep.equal([]);
  }

  for (const time of ['once', 'again'])
    it(`succeeds in bash, ${time}`, () => pasteAll('bash', ['--norc', '-i', '-s'], 'bash'));

  for (const time of ['once', 'again'])
    it(`succeeds in zsh, ${time}`, async () => {
      const zsh = findZsh(join(folder, 'zsh'), (reason) => loudly(`NO ZSH: the README is not tried in it. ${reason}`));
      if (zsh !== undefined) await pasteAll(zsh, ['-f', '-i', '-s'], 'zsh');
    });
});
