import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { called, overStdio } from '../testing/mcp-client.ts';

const script = fileURLToPath(new URL('stdio.ts', import.meta.url));
const settings = { MISSIONS_URL: 'http://127.0.0.1:1', MISSIONS_KEY: 'a-key-of-nobody', MISSIONS_USER_ID: 'ada' };

describe('the MCP server over stdio', () => {
  /** Runs it on that input, to the end. */
  const run = async (
    input: string,
    env: Record<string, string> = settings,
  ): Promise<{ code: number; stdout: string; stderr: string }> => {
    const server = spawn(process.execPath, [script], { env, stdio: 'pipe' });
    const [exit, stdout, stderr] = [once(server, 'exit'), text(server.stdout), text(server.stderr)];
    server.stdin.write(input);
    // The end of its input is the end of it, also while answers are due.
    if (input.includes('"id":1')) await once(server.stdout, 'data');
    server.stdin.end();
    const [code] = (await exit) as [number];
    return { code, stdout: await stdout, stderr: await stderr };
  };
  const initialize = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'spec', version: '1' } },
  });

  it('writes only the protocol to stdout, one message per line, and exits when its input ends', async () => {
    const { code, stdout } = await run(`this is no message\n${initialize}\n`);
    const messages = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const message of messages) expect(message).to.include({ jsonrpc: '2.0' });
    expect(messages.find(({ id }) => id === 1).result).to.include({ protocolVersion: '2025-06-18' });
    expect(code).to.equal(0);
  });

  it('reports every missing setting on stderr, and writes nothing to stdout', async () => {
    const { code, stdout, stderr } = await run('', { MISSIONS_URL: 'nowhere' });
    expect(code).not.to.equal(0);
    expect(stdout).to.equal('');
    for (const name of ['MISSIONS_URL', 'MISSIONS_KEY', 'MISSIONS_USER_ID']) expect(stderr).to.contain(name);
  });

  it('never prints its key', async () => {
    const { stdout, stderr } = await run(`${initialize}\n`);
    expect(stdout + stderr).not.to.contain(settings.MISSIONS_KEY);
  });

  it('tells the model about an invalid credential and an unreachable gateway', async () => {
    const unknown = await overStdio('agreed', { credential: 'wrong' });
    expect(await called(unknown, 'mission_list', {}, 'failed'))
      .to.contain('UNAUTHENTICATED')
      .and.to.contain('do not repeat it');
    await unknown.close();
    const alone = await overStdio('2025-11-25', { env: { MISSIONS_URL: 'http://127.0.0.1:1' } });
    expect(await called(alone, 'mission_list', {}, 'failed')).to.contain('UNREACHABLE');
    await alone.close();
  });

  it('binds the conversation of its settings', async () => {
    const client = await overStdio('2025-06-18', { env: { MISSIONS_CONVERSATION_ID: 'conv-A' } });
    const { tools } = await client.listTools();
    expect(tools.find(({ name }) => name === 'mission_create')?.inputSchema.properties).not.to.have.property(
      'conversation_id',
    );
    await client.close();
  });
});
