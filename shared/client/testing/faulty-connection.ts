import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface FaultyConnection {
  readonly origin: string;
  /** Number of open connections. */
  readonly open: () => number;
  /** Number of connections accepted so far. */
  readonly made: () => number;
  /** Resets all connections. */
  reset(): void;
  /** Silently discards what the server sends over the connections that are open now. */
  silence(): void;
  stop(): Promise<void>;
}

/** A TCP proxy before a server whose connections can fail at any byte. */
export async function startFaultyConnection(to: string): Promise<FaultyConnection> {
  const { hostname, port } = new URL(to);
  const pairs = new Set<readonly [Socket, Socket]>();
  let made = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    made += 1;
    for (const [one, other] of [pair, [far, near] as const]) {
      one.pipe(other);
      one.on('error', () => {});
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reset = (): void => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => pairs.size,
    made: () => made,
    reset,
    silence: () => {
      for (const [near, far] of pairs) {
        far.unpipe(near);
        far.resume();
      }
    },
    stop: async () => {
      server.close();
      reset();
      await once(server, 'close');
    },
  };
}
