import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { type SharedProduct, product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { mcpClient } from '@missions/agent-tools/testing/mcp-client.ts';
import { agentKey, type ReferenceAgent, referenceAgent } from '@missions/test-support/reference-agent.ts';
import { callingBlocks, filledIn, pastedTogether, shellBlocks, textForNewcomers } from './readme.ts';
import { paste, run as runProgram } from './shell.ts';

const AGENTS = new URL('../../shared/docs/agents.md', import.meta.url);
const ID = '01a22422-e2fd-716d-87d1-16183a017aa0';
const TOOLS = new URL('../../shared/agent-tools/README.md', import.meta.url);

describe('the examples of the README and of the pages after it', () => {
  let running: SharedProduct;
  let agent: ReferenceAgent;
  let around: { origin: string; smtpPort: number; secret: string; agent: string };

  before(async () => {
    running = await product();
    agent = await referenceAgent({ product: running, database: running.database, customer: 'default' });
    await agent.start();
    const { origin, smtpPort, secret } = running;
    around = { origin, smtpPort, secret, agent: agent.origin };
  });
  after(() => agent.stop());
  const run = (markdown: string) => {
    const urls = ['gateway', 'mission', 'approval', 'scheduler', 'email_bridge', 'notifier'].map((role) => [
      `${role.toUpperCase()}_DATABASE_URL`,
      running.database.urlFor(role),
    ]);
    const env = { HUB_SERVICE_SECRET: running.secret, ...Object.fromEntries(urls) };
    return paste(pastedTogether(callingBlocks(markdown).map((block) => filledIn(block, around))), env);
  };

  it('succeed when they are pasted one after another', async () => {
    const markdown = textForNewcomers();
    expect(callingBlocks(markdown), 'blocks with a call').not.to.be.empty;
    const { code, stdout, stderr } = await run(markdown);
    expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout)
      .to.contain('I have created the mission')
      .and.contain('one open mission')
      .and.contain('I have asked')
      .and.match(/The mission \\"[^"]*meeting with John\\" is finished/);
    // The page says that this works a moment later.
    const api = new Api(running, 'default');
    const [mission] = (await api.get('missions?user_id=ada&q=budget')).body.missions;
    await waitUntil(async () => (await api.get(`missions/${mission.id}`)).body.status === 'active', {
      what: 'a mission that goes on',
    });
    const [plants] = (await api.get('missions?user_id=ada&q=plants&include_tasks=true')).body.missions;
    expect(plants.tasks[0]).to.deep.include({ status: 'completed', result: { litres: 2 } });
    expect((await api.get(`missions/${plants.id}/runs`)).body.runs.at(-1)).to.include({
      agent_id: 'gardener',
      status: 'succeeded',
    });
    const { events } = (await api.get(`missions/${mission.id}/events?limit=200`)).body;
    expect(events.map((event: { content: string }) => event.content).join('\n')).to.contain('Tuesday at ten is fine');
  });

  it('succeed again when they are pasted a second time', async () => {
    const { code, stdout, stderr } = await run(textForNewcomers());
    expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: '' });
    const api = new Api(running, 'default');
    const plants = (await api.get('missions?user_id=ada&q=plants&include_tasks=true')).body.missions;
    expect(plants.map(({ tasks }: { tasks: { status: string }[] }) => tasks[0]?.status)).to.deep.equal([
      'completed',
      'completed',
    ]);
  });

  it('say so, each block of them, if the secret is wrong', async () => {
    const env = { HUB_SERVICE_SECRET: 'wrong', MISSION: ID, QUESTION: ID, TASK: ID, RUN: ID, FENCE: '1' };
    const calling = callingBlocks(textForNewcomers()).filter((text) => !/npm run|smtp:/.test(text));
    const functions = calling.flatMap((text) => text.match(/^\w+\(\) \{[^]*?\}$/gm) ?? []).join('\n');
    for (const text of calling) {
      const { stdout, stderr } = await paste(filledIn(`${functions}\n${text}`, { ...around, secret: 'wrong' }), env);
      expect(stderr, `${text}\n${stdout}`).to.contain('returned error: 401');
    }
  });

  it('are shown without comments, which an interactive zsh takes for words', () => {
    const blocks = [...shellBlocks(textForNewcomers()), ...shellBlocks(textForNewcomers(), '')];
    expect(blocks.filter((text) => /(^|\s)#\s/m.test(text))).to.deep.equal([]);
  });

  it('connect a program to the tools, by its own page too, twice in a row', async () => {
    const key = await agentKey(running.database, 'default', 'read-me');
    const [program = '', ...more] = shellBlocks(textForNewcomers(), 'ts');
    const [first = ''] = shellBlocks(readFileSync(TOOLS, 'utf8'), 'ts');
    expect(more).to.deep.equal([]);
    // The tools' page leaves its result in `text`, and the agents’ page shows its own.
    for (const text of [program, program, ...[first, first].map((one) => `${one}\nconsole.log(text);`)]) {
      const { code, stdout, stderr } = await runProgram(
        process.execPath,
        ['--input-type=module-typescript', '--eval', filledIn(text, around)],
        { MISSIONS_KEY: key },
      );
      expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: '' });
      expect(stdout).to.contain('Plan the offsite').and.contain('Ask for dates');
    }
  });

  for (const [whose, file] of Object.entries({ 'the agents’': AGENTS, 'the tools’ own': TOOLS })) {
    it(`connect an MCP client by the configuration to paste: ${whose}`, async () => {
      const [http, stdio] = shellBlocks(readFileSync(file, 'utf8'), 'json').map(
        (text) => JSON.parse(filledIn(text, around)).mcpServers.missions,
      );
      const key = await agentKey(running.database, 'default', `read-me-mcp of ${whose}`);
      const filled = <T>(value: T): T =>
        JSON.parse(
          JSON.stringify(value)
            .replaceAll(/<(the|agent) key>/g, key)
            .replaceAll(
              /<(this folder|the project)>/g,
              fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''),
            ),
        ) as T;
      const { url, headers } = filled(http);
      const { command, args, env } = filled(stdio);
      const transports = [
        new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
        new StdioClientTransport({
          command,
          args,
          cwd: tmpdir(),
          env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
          stderr: 'ignore',
        }),
      ];
      for (const transport of transports) {
        const client = mcpClient('agreed');
        await client.connect(transport);
        try {
          expect((await client.listTools()).tools.map(({ name }) => name)).to.include('mission_list');
          expect((await client.callTool({ name: 'mission_list', arguments: {} })).isError ?? false).to.equal(false);
        } finally {
          await client.close();
        }
      }
    });
  }

  const block = (script: string): string => `Text\n\n\`\`\`sh\n${script}\n\`\`\`\n`;
  const headers = '-H "Authorization: Bearer $HUB_SERVICE_SECRET" -H "Content-Type: application/json"';
  const create = `curl -sS http://localhost:8003/api/internal/missions ${headers} -d '{"user_id":"ada","title":"Read me"}'`;

  it('fail this spec if one call fails, also within a pipe or a variable', async () => {
    expect(
      await run(
        block(`ID=$(${create} | sed 's/.*//')\necho "made"`) +
          block(create.replace('$HUB_SERVICE_SECRET', '<the secret>')),
      ),
    ).to.include({ code: 0, stderr: '' });
    for (const broken of [
      create.replace('"title"', '"titel"'),
      create.replace('$HUB_SERVICE_SECRET', 'wrong'),
      `${create.replace('missions', 'nope')} | cat`,
      `ID=$(${create.replace('ada', '')})`,
    ]) {
      const { code, stderr } = await run(block(broken) + block('echo curl'));
      expect(code, broken).not.to.equal(0);
      expect(stderr).to.contain('a call failed');
    }
  });
});
