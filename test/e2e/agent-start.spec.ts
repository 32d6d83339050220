import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { launch, type Launcher } from './launcher.ts';
import { paste, run } from './shell.ts';

/** As in start.spec.ts, the tests stand in the order of a life. */
describe('npm start and the reference agent', function () {
  this.timeout(120_000);
  let folder: string;
  let running: Launcher | undefined;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'missions-agent-'));
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(running?.output());
  });
  after(async () => {
    running?.signal('SIGTERM');
    await running?.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const keptKey = (): string | undefined =>
    (JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8')) as Record<string, string>)['agent_key_of_default'];
  const agentAt = (it: Launcher): string => /Agent +(http:\S+)/.exec(it.output())?.[1] ?? 'none';
  const agentProcess = (it: Launcher) =>
    it
      .descendants()
      .find(({ command }) => command.includes('services/agent/main.ts') && !command.includes('supervise.sh'));

  it('starts it with a key of its own, says that it has no model, and what to paste', async () => {
    const it_ = (running = await launch(folder));
    expect(it_.output()).to.match(/Agent +http:\/\/127\.0\.0\.1:\d+ +\(built-in rules, NO LANGUAGE MODEL/);
    const [, chat = ''] = /^(curl -sS \S+\/v1\/chat [^]*?)\n\n/m.exec(it_.output()) ?? [];
    await paste(it_.firstCall);
    const { code, stdout, stderr } = await paste(chat);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).reply).to.contain('Move the office to Lisbon').and.contain('no language model');

    const key = keptKey();
    expect(key).to.match(/^mak_/);
    const mine = await fetch(`${it_.address}/api/internal/missions?user_id=ada`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(mine.status).to.equal(200);
    if (process.platform === 'linux')
      expect(readFileSync(`/proc/${agentProcess(it_)?.pid}/environ`, 'utf8'))
        .to.contain(key)
        .and.not.contain(it_.secret);
  });

  it('takes calls as curl sends them, and finds in one conversation what another began', async () => {
    const it_ = running as Launcher;
    const say = (message: string, conversation: string): Promise<{ stdout: string }> =>
      paste(
        `curl -sS -X POST ${agentAt(it_)}/v1/chat -H "Authorization: Bearer $API_KEY" -d '{"message": "${message}", "conversation_id": "${conversation}"}'`,
        { API_KEY: it_.secret },
      );
    await say('Create a mission to schedule meeting with John', 'conv-A');
    const { stdout } = await say('What are my current tasks?', 'conv-B');
    expect(JSON.parse(stdout))
      .to.include({ conversation_id: 'conv-B', user_id: 'default' })
      .and.have.property('reply')
      .that.contains('meeting with John');
  });

  it('an agent that is killed comes back at the same address', async () => {
    const it_ = running as Launcher;
    const pid = agentProcess(it_)?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await waitUntil(
      async () => agentProcess(it_)?.pid !== pid && (await fetch(`${agentAt(it_)}/readyz`)).status === 200,
      { withinMs: 30_000, everyMs: 100, what: 'the agent, again' },
    );
    it_.signal('SIGTERM');
    expect(await it_.ended).to.equal(0);
  });

  it('an agent that cannot run holds nothing up, and says why; its key is kept', async () => {
    const key = keptKey();
    const it_ = (running = await launch(folder, { MODEL_NAME: 'lonely' }));
    expect(it_.output()).to.contain('Agent    does not run').and.contain('MODEL_API_KEY');
    expect(
      (
        await new Api({ origin: it_.address, secret: it_.secret }, 'default').post('missions', {
          user_id: 'ada',
          title: 'Without it',
        })
      ).status,
    ).to.equal(201);
    const operate = fileURLToPath(new URL('../../deploy/cli/missions.ts', import.meta.url));
    const { stdout } = await run(process.execPath, [operate, 'keys', 'list', '--json'], { DATA_DIR: folder });
    expect(JSON.parse(stdout).map(({ agent_id, label }: Record<string, string>) => [agent_id, label])).to.deep.equal([
      ['reference-agent', 'npm start'],
    ]);
    expect(keptKey()).to.equal(key);
    it_.signal('SIGTERM');
    expect(await it_.ended).to.equal(0);
  });

  it('a key that the gateway does not know, as of another database, is replaced', async () => {
    const file = join(folder, 'secrets.json');
    const forged = `mak_${'0'.repeat(32)}_${'x'.repeat(43)}`;
    writeFileSync(
      file,
      JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), agent_key_of_default: forged }),
    );
    const it_ = (running = await launch(folder));
    expect(keptKey()).to.match(/^mak_/).and.not.equal(forged);
    expect((await fetch(`${agentAt(it_)}/readyz`)).status).to.equal(200);
    it_.signal('SIGTERM');
    expect(await it_.ended).to.equal(0);
  });

  it('refuses a port that was chosen for it and is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const { port } = squatter.address() as AddressInfo;
      const refused = await launch(folder, { AGENT_PORT: String(port) }).catch((error: Error) => error);
      expect(refused)
        .to.be.instanceOf(Error)
        .with.property('message')
        .that.contains(`Port ${port}`)
        .and.contains('AGENT_PORT');
    } finally {
      squatter.close();
    }
  });
});
