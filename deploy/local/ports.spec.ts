import { expect } from 'chai';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import { scratchFolders } from '@missions/testing/scratch-folder.ts';
import { freePort, isFree, nextFree, rememberedPort } from './ports.ts';

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

  it('are free until taken, whoever listens on all addresses too', async () => {
    const [one, other] = [await freePort(), await freePort()];
    expect(await isFree(one)).to.equal(true);
    await take(one);
    await take(other, '0.0.0.0');
    expect([await isFree(one), await isFree(other)]).to.deep.equal([false, false]);
  });

  it('next to a taken one are found', async () => {
    const port = await freePort();
    await take(port);
    const next = await nextFree(port, '127.0.0.1');
    expect(next).to.be.greaterThan(port);
    expect(await nextFree(port, '127.0.0.1', 1)).to.equal(undefined);
  });

  it('are remembered by name while they are free', async () => {
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
