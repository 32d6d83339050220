import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface FaultyLine {
  readonly origin: string;
  /** Connections that stand now. */
  readonly open: () => number;
  /** Connections that ever stood. */
  readonly made: () => number;
  /** Ends all connections, as a reset on the way does. */
  cut(): void;
  /** Carries nothing any more over the connections that stand, and does not say so. */
  mute(): void;
  stop(): Promise<void>;
}

/** A real line to a server, byte by byte, that can fail under what it carries. */
export async function startFaultyLine(to: string): Promise<FaultyLine> {
  const { hostname, port } = new URL(to);
  const lines = new Set<readonly [Socket, Socket]>();
  let made = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const line = [near, far] as const;
    lines.add(line);
    made += 1;
    for (const [one, other] of [line, [far, near] as const]) {
      one.pipe(other);
      one.on('error', () => {});
      one.on('close', () => {
        other.destroy();
        lines.delete(line);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const [near, far] of lines) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => lines.size,
    made: () => made,
    cut,
    mute: () => {
      for (const [near, far] of lines) {
        far.unpipe(near);
        far.resume();
      }
    },
    stop: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
