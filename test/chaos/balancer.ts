import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A balancer of TCP connections, as before the gateways of a cluster: it knows nothing of HTTP. */
export interface Balancer {
  readonly origin: string;
  /** Gives this port no further connections; those that are open stay. */
  takeOut(port: number): void;
  putIn(port: number): void;
  close(): Promise<void>;
}

/** Connections go to the ports in turn, and to the next one where a port refuses. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const out = new Set<number>();
  const sockets = new Set<Socket>();
  let turn = 0;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The other half is ended by `close`.
    socket.on('error', () => {});
  };
  const forward = (from: Socket, left: readonly number[]): void => {
    const [port, ...others] = left;
    if (port === undefined) return void from.destroy();
    const to = connect({ port, host: '127.0.0.1', noDelay: true });
    keep(to);
    const refused = (): void => forward(from, others);
    to.once('error', refused);
    to.once('connect', () => {
      to.off('error', refused);
      from.pipe(to);
      to.pipe(from);
      from.on('close', () => to.destroy());
      // As the kernel of a process that was killed does: what is in hand is reset, and not ended in order.
      to.on('close', (hadError) => (hadError ? from.resetAndDestroy() : from.destroySoon()));
    });
  };
  const server = createServer({ noDelay: true }, (from) => {
    keep(from);
    const first = turn++;
    const inTurn = ports.map((_, at) => ports[(first + at) % ports.length] as number);
    forward(
      from,
      inTurn.filter((port) => !out.has(port)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeOut: (port) => void out.add(port),
    putIn: (port) => void out.delete(port),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
