import { expect } from 'chai';
import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { registry } from '@missions/runtime/metrics.ts';
import { standingInFor } from '@missions/test-support/caller-keys.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Bus } from './bus.ts';
import { connectBus } from './connect.ts';
import { endpoint } from './endpoint.ts';
import type { ConnectionStatus } from './connection.ts';
import { caller, contract, refusal, silent } from './testing/request-fixtures.ts';
import { sampleEvent } from './testing/sample-event.ts';
import { makeConsumer } from './admin/provisioning.ts';

describe('the connection to NATS', () => {
  let own: TestServers;
  const opened: Bus[] = [];
  const open = async (name: string, servers = own.natsUrl): Promise<Bus> => {
    const bus = await connectBus({ servers, name, logger: silent, callerKeys: standingInFor('mission') });
    opened.push(bus);
    return bus;
  };

  before(async () => {
    own = await startServers();
  });
  after(() => own.stop());
  afterEach(() => Promise.all(opened.splice(0).map((bus) => bus.drain())));

  it('fails calls at once while the server is down, and works again by itself when the server is back', async () => {
    const [gateway, mission] = [await open('gateway'), await open('mission')];
    const [quick, never] = [contract('quick'), contract('never')];
    const input = { title: 't' };
    const gate = Promise.withResolvers<{ body: null }>();
    let begun = false;
    await mission.serve('mission', [
      endpoint(quick, async () => ({ body: '"done"' })),
      endpoint(never, () => {
        begun = true;
        return gate.promise;
      }),
    ]);
    const seen: string[] = [];
    await mission.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service: 'mission',
      handleOne: async (event: EventEnvelope) => void seen.push(event.id),
    });
    const statuses: ConnectionStatus[] = [];
    gateway.onStatus((status) => statuses.push(status));

    const cutOff = refusal(gateway.request(never, { caller, input }, { timeoutMs: 60_000 }));
    await waitUntil(() => begun);
    await own.killNats();
    expect((await cutOff).code).to.equal('UNAVAILABLE');
    await waitUntil(() => !mission.isConnected() && !gateway.isConnected());
    expect(() => mission.check()).to.throw('disconnected');

    // At once: a request that waited would end with TIMEOUT.
    expect((await refusal(gateway.request(quick, { caller, input }, { timeoutMs: 10_000 }))).code).to.equal(
      'UNAVAILABLE',
    );
    expect((await refusal(mission.publish(sampleEvent()))).code).to.equal('UNAVAILABLE');
    mission.notify('acme', 'ann', { lost: true });

    await own.startNats();
    const reply = await waitUntil(() => gateway.request(quick, { caller, input }));
    expect(reply.body).to.equal('"done"');
    const event = sampleEvent();
    await waitUntil(() => mission.publish(event));
    await waitUntil(() => seen.includes(event.id));
    mission.check();
    gate.resolve({ body: null });
    expect(statuses).to.deep.equal(['disconnected', 'connected']);
  });

  it('is measured as there while another one of the process comes and goes', async () => {
    const measured = async () => (await registry.getSingleMetric('missions_nats_connected')?.get())?.values[0]?.value;
    await open('service');
    const call = await open('operators call');
    expect(await measured()).to.equal(1);
    await call.drain();
    expect(await measured()).to.equal(1);
    await Promise.all(opened.map((bus) => bus.drain()));
    expect(await measured()).to.equal(0);
  });

  it('can be drained while the server is down', async () => {
    const bus = await open('mission');
    await bus.serve('mission', [endpoint(contract('any'), async () => ({ body: null }))]);
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service: 'mission',
      handleOne: () => Promise.resolve(),
    });
    await own.killNats();
    try {
      await waitUntil(() => !bus.isConnected());
      await bus.drain();
      expect(() => bus.check()).to.throw('closed');
    } finally {
      await own.startNats();
    }
  });

  it('waits for a server that is not up yet', async () => {
    await own.killNats();
    const connecting = open('mission');
    await own.startNats();
    (await connecting).check();
  });

  it('holds one connection when a server that stood still goes on, whatever it had dialled meanwhile', async () => {
    const link = await standstillLink(new URL(own.natsUrl));
    try {
      const mission = await open('mission');
      await mission.serve('mission', [endpoint(contract('any'), async () => ({ body: '"done"' }))]);
      const gateway = await open('gateway', link.url);
      const statuses: ConnectionStatus[] = [];
      gateway.onStatus((status) => statuses.push(status));

      link.stand();
      link.cut();
      await waitUntil(() => link.waiting() > 2);
      link.goOn();

      await waitUntil(() => gateway.isConnected());
      await waitUntil(() => link.open() === 1);
      for (let call = 0; call < 50; call++) {
        const reply = await gateway.request(contract('any'), { caller, input: { title: 't' } });
        expect(reply.body).to.equal('"done"');
      }
      expect(link.open()).to.equal(1);
      expect(statuses).to.deep.equal(['disconnected', 'connected']);
    } finally {
      link.close();
    }
  });

  it('carries out no request that its caller gave up while this process or its link stood still', async () => {
    const link = await standstillLink(new URL(own.natsUrl));
    try {
      const mission = await open('mission', link.url);
      const carriedOut: string[] = [];
      const note = contract('note');
      await mission.serve('mission', [
        endpoint(note, async ({ input }) => {
          carriedOut.push(input.title);
          return { body: null };
        }),
      ]);
      const gateway = await open('gateway');
      const send = (title: string, timeoutMs?: number) =>
        gateway.request(note, { caller, input: { title } }, timeoutMs ? { timeoutMs } : {});

      link.hold();
      const patient = send('patient', 60_000);
      expect((await refusal(send('impatient', 2_500))).code).to.equal('TIMEOUT');
      link.goOn();

      await patient;
      await waitUntil(() => send('next', 2_500));
      expect(carriedOut).to.deep.equal(['patient', 'next']);
    } finally {
      link.close();
    }
  });

  it('stops waiting when its signal is aborted', async () => {
    // Accepts connections and sends nothing, as a hanging server does.
    const silentServer = createServer().listen(0, '127.0.0.1');
    await once(silentServer, 'listening');
    try {
      const stop = new AbortController();
      const connecting = connectBus({
        servers: `nats://127.0.0.1:${(silentServer.address() as { port: number }).port}`,
        name: 'x',
        logger: silent,
        signal: stop.signal,
      });
      stop.abort(new Error('stopping'));
      expect(await connecting.catch((error: unknown) => error)).to.have.property('message', 'stopping');
    } finally {
      silentServer.close();
    }
  });
});

/**
 * A way to the server that can stand still: it then takes connections, as a frozen server's kernel does, and no bytes;
 * or that holds what the server sends.
 */
async function standstillLink(server: URL) {
  const sockets = new Set<Socket>();
  const joined = new Map<Socket, Socket>();
  let held: Socket[] = [];
  let standing = false;
  const join = (client: Socket) => {
    if (client.destroyed) return;
    const onward = dial(Number(server.port), server.hostname);
    client.pipe(onward).pipe(client);
    joined.set(client, onward);
    onward.on('error', () => client.destroy());
    client.on('close', () => {
      joined.delete(client);
      onward.destroy();
    });
  };
  const listener = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    client.on('close', () => sockets.delete(client));
    if (standing) held.push(client);
    else join(client);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    url: Object.assign(new URL(server), { port: String((listener.address() as AddressInfo).port) }).href,
    stand: () => void (standing = true),
    hold: () => joined.forEach((onward, client) => onward.unpipe(client)),
    cut,
    goOn: () => {
      standing = false;
      joined.forEach((onward, client) => onward.pipe(client));
      for (const client of held) join(client);
      held = [];
    },
    /** Connections that were taken while it stood still. */
    waiting: () => held.length,
    open: () => sockets.size,
    close: () => {
      cut();
      listener.close();
    },
  };
}
