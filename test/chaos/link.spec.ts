import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type Link, openLink } from './link.ts';

describe('a link to a server', () => {
  const listener = createServer((socket) => void accepted.push(observed(socket)));
  const accepted: Observed[] = [];
  let link: Link;
  let client: Observed;

  interface Observed {
    readonly socket: Socket;
    readonly heard: string;
    readonly hasEnded: boolean;
  }
  const observed = (socket: Socket): Observed => {
    const it = { socket, heard: '', hasEnded: false };
    socket.on('data', (piece) => void (it.heard += piece.toString()));
    socket.on('error', () => {});
    socket.on('close', () => void (it.hasEnded = true));
    return it;
  };
  const dial = (): Observed => {
    const { port } = new URL(link.through('nats://user@127.0.0.1:1'));
    return observed(connect(Number(port), '127.0.0.1'));
  };
  const lastAccepted = (): Observed => accepted.at(-1) as Observed;
  /** Dials, and says a word each way. */
  const talk = async (): Promise<Observed> => {
    const before = accepted.length;
    const it = dial();
    it.socket.write('ping');
    await waitUntil(() => accepted.length > before && lastAccepted().heard === 'ping');
    lastAccepted().socket.write('pong');
    await waitUntil(() => it.heard === 'pong');
    return it;
  };

  beforeEach(async () => {
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    link = await openLink('test', (listener.address() as AddressInfo).port);
    client = await talk();
  });
  afterEach(async () => {
    client.socket.destroy();
    await link.close();
    for (const { socket } of accepted.splice(0)) socket.destroy();
    listener.close();
  });

  it('hands on the end of a connection', async () => {
    lastAccepted().socket.end();
    await waitUntil(() => client.hasEnded);
  });

  it('that is cut ends connections on both sides and takes none until it is mended', async () => {
    link.cut();
    await waitUntil(() => client.hasEnded && lastAccepted().hasEnded);
    const refused = dial();
    await waitUntil(() => refused.hasEnded);
    expect(accepted).to.have.lengthOf(1);
    link.mend();
    client = await talk();
  });

  it('that is silent passes nothing, and all of it in order once it is mended', async () => {
    link.silence();
    client.socket.write(' one');
    lastAccepted().socket.end(' two');
    // A second link shows that time enough has passed for the first to forward something.
    const other = await openLink('other', (listener.address() as AddressInfo).port);
    const [silent, first] = [link, client];
    link = other;
    client = await talk();
    expect([first.heard, first.hasEnded, accepted[0]?.heard]).to.deep.equal(['pong', false, 'ping']);
    silent.mend();
    await waitUntil(() => first.heard === 'pong two' && accepted[0]?.heard === 'ping one');
    await silent.close();
  });

  it('that is half open lets one side talk to nobody, and takes new connections', async () => {
    link.halfOpen('client');
    await waitUntil(() => lastAccepted().hasEnded);
    client.socket.write(' again');
    const next = await talk();
    expect([client.hasEnded, accepted[0]?.heard]).to.deep.equal([false, 'ping']);
    next.socket.destroy();
  });
});
