import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { choosePorts, freePort, isFree, nextFree, rememberedPort } from './ports.ts';

describe('ports', () => {
  const scratch = scratchFolders();
  const open: Server[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });
  async function take(port: number, host = '127.0.0.1'): Promise<void> {
    const server = createServer().listen(port, host);
    open.push(server);
    await once(server, 'listening');
  }

  it('are free until a server listens on them, on loopback or on all addresses', async () => {
    const [one, other] = [await freePort(), await freePort()];
    expect(await isFree(one)).to.equal(true);
    await take(one);
    await take(other, '0.0.0.0');
    expect([await isFree(one), await isFree(other)]).to.deep.equal([false, false]);
  });

  it('are answered to one call only, in all processes, before anything listens on them', async () => {
    const ask = `const { freePort } = await import(${JSON.stringify(new URL('./ports.ts', import.meta.url))});
      const ports = []; for (let i = 0; i < 1500; i++) ports.push(await freePort());
      console.log(JSON.stringify(ports)); process.stdin.on('end', () => {}).resume();`;
    const children = [1, 2].map(() => spawn(process.execPath, ['--input-type=module', '--eval', ask]));
    const answers = await Promise.all(
      children.map(async ({ stdout }) => JSON.parse(String((await once(stdout, 'data'))[0])) as number[]),
    );
    for (const { stdin } of children) stdin.end();
    await Promise.all(children.map((child) => once(child, 'exit')));
    expect(answers.map((ports) => ports.length)).to.deep.equal([1500, 1500]);
    expect(new Set(answers.flat()).size).to.equal(3000);
  });

  it('beside a taken port are found, within the given count', async () => {
    const port = await freePort();
    await take(port);
    const next = await nextFree(port, '127.0.0.1');
    expect(next).to.be.greaterThan(port);
    expect(await nextFree(port, '127.0.0.1', 1)).to.equal(undefined);
  });

  it('that are taken are replaced by free, unwanted ones nearby, unless the operator chose them', async () => {
    const taken = await freePort();
    await take(taken);
    const want = (variable: string, port: number, wasChosen = false) => ({
      variable,
      port,
      host: '127.0.0.1',
      wasChosen,
    });
    const messages: string[] = [];
    const chosen = await choosePorts([want('ONE', taken), want('OTHER', taken + 1), want('THIRD', taken)], (text) =>
      messages.push(text),
    );
    expect(chosen['OTHER']).to.equal(taken + 1);
    expect(new Set([taken, ...Object.values(chosen)])).to.have.property('size', 4);
    expect(messages).to.have.length(2);
    expect(messages[0]).to.equal(`Port ${taken} is taken: using ${chosen['ONE']}. Set ONE to choose.`);
    const refused = await choosePorts([want('ONE', taken, true)], () => {}).catch((error: Error) => error);
    expect(refused)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.contains(`Port ${taken}`)
      .and.contains('Set ONE');
  });

  it('are remembered by name as long as they are free', async () => {
    const file = join(scratch(), 'ports.json');
    const first = await rememberedPort(file, 'nats');
    await rememberedPort(file, 'postgres');
    expect(await rememberedPort(file, 'nats')).to.equal(first);
    await take(first);
    const second = await rememberedPort(file, 'nats');
    expect(second).not.to.equal(first);
    expect(await rememberedPort(file, 'nats')).to.equal(second);
  });
});
