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

/** As in start.spec.ts, each test continues with the state that the previous one left. */
describe('npm start and the reference agent', () => {
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

  it('the agent starts with its own key, and the banner shows a call to paste and the missing model', async () => {
    const launcher = (running = await launch(folder));
    expect(launcher.output()).to.match(/Agent +http:\/\/127\.0\.0\.1:\d+ +\(built-in rules, NO LANGUAGE MODEL/);
    const [, chat = ''] = /^(curl -sS \S+\/v1\/chat [^]*?)\n\n/m.exec(launcher.output()) ?? [];
    await paste(launcher.firstCall);
    const { code, stdout, stderr } = await paste(chat);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).reply).to.contain('Move the office to Lisbon').and.contain('no language model');

    const key = keptKey();
    expect(key).to.match(/^mak_/);
    const mine = await fetch(`${launcher.address}/api/internal/missions?user_id=ada`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(mine.status).to.equal(200);
    if (process.platform === 'linux')
      expect(readFileSync(`/proc/${agentProcess(launcher)?.pid}/environ`, 'utf8'))
        .to.contain(key)
        .and.not.contain(launcher.secret);
  });

  it('the agent accepts calls of curl, and finds in one conversation the mission of another', async () => {
    const launcher = running as Launcher;
    const say = (message: string, conversation: string): Promise<{ stdout: string }> =>
      paste(
        `curl -sS -X POST ${agentAt(launcher)}/v1/chat -H "Authorization: Bearer $API_KEY" -d '{"message": "${message}", "conversation_id": "${conversation}"}'`,
        { API_KEY: launcher.secret },
      );
    await say('Create a mission to schedule meeting with John', 'conv-A');
    const { stdout } = await say('What are my current tasks?', 'conv-B');
    expect(JSON.parse(stdout))
      .to.include({ conversation_id: 'conv-B', user_id: 'me' })
      .and.have.property('reply')
      .that.contains('meeting with John');
  });

  it('a killed agent is restarted at the same address', async () => {
    const launcher = running as Launcher;
    const pid = agentProcess(launcher)?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await waitUntil(
      async () => agentProcess(launcher)?.pid !== pid && (await fetch(`${agentAt(launcher)}/readyz`)).status === 200,
      { everyMs: 100, what: 'the agent, again' },
    );
    launcher.signal('SIGTERM');
    expect(await launcher.ended).to.equal(0);
  });

  it('an agent that cannot run delays no service, reports why, and keeps its key', async () => {
    const key = keptKey();
    const launcher = (running = await launch(folder, { MODEL_NAME: 'lonely' }));
    expect(launcher.output()).to.contain('Agent    does not run').and.contain('MODEL_API_KEY');
    expect(
      (
        await new Api({ origin: launcher.address, secret: launcher.secret }, 'default').post('missions', {
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
    launcher.signal('SIGTERM');
    expect(await launcher.ended).to.equal(0);
  });

  it('a key that the gateway does not know, for example of another database, is replaced', async () => {
    const file = join(folder, 'secrets.json');
    const forged = `mak_${'0'.repeat(32)}_${'x'.repeat(43)}`;
    writeFileSync(
      file,
      JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), agent_key_of_default: forged }),
    );
    const launcher = (running = await launch(folder));
    expect(keptKey()).to.match(/^mak_/).and.not.equal(forged);
    expect((await fetch(`${agentAt(launcher)}/readyz`)).status).to.equal(200);
    launcher.signal('SIGTERM');
    expect(await launcher.ended).to.equal(0);
  });

  it('a chosen port of the agent that is taken is refused', async () => {
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
