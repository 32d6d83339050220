import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type Side = 'client' | 'server';

/** One connection of a client, and the link's own connection to the server for it. */
interface Pipe {
  readonly client: Socket;
  readonly server: Socket;
  /** This side is never told that the other side has gone. */
  unaware?: Side;
}

/**
 * The way of a program's connections to a server: a TCP proxy on a loopback port, which can be disturbed as networks
 * are. A link that is not disturbed forwards everything, the ends of connections too.
 */
export interface Link {
  readonly name: string;
  /** The URL with the link's address in the place of the server's. */
  through(url: string): string;
  /** Resets all connections, and every new one until `mend`. */
  cut(): void;
  /** Each piece of data takes so much longer, in both directions, until `mend`. */
  delay(milliseconds: number): void;
  /** Nothing passes and nobody is told, until `mend`: then all that was held back passes. */
  silence(): void;
  /** Closes the connections on one side; the other side does not hear of it, whatever it sends. New ones work. */
  halfOpen(unaware: Side): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param port of the server, on loopback */
export async function openLink(name: string, port: number): Promise<Link> {
  const pipes = new Set<Pipe>();
  let isCut = false;
  let delayMs = 0;
  let silent: PromiseWithResolvers<void> | undefined;

  const forward = async (pipe: Pipe, from: Side, to: Side): Promise<void> => {
    const target = pipe[to];
    try {
      for await (const piece of pipe[from] as AsyncIterable<Buffer>) {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        await silent?.promise;
        if (!target.destroyed && !target.write(piece))
          await Promise.race([once(target, 'drain'), once(target, 'close')]);
      }
      await silent?.promise;
      if (pipe.unaware !== to) target.end();
    } catch {
      if (pipe.unaware !== to) target.destroy();
    }
    if (pipe.client.destroyed) pipes.delete(pipe);
  };

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    // Errors end the loops of `forward`; the handlers only keep them from ending this process.
    client.on('error', () => {});
    if (isCut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    server.on('error', () => {});
    client.setNoDelay(true);
    server.setNoDelay(true);
    const pipe: Pipe = { client, server };
    pipes.add(pipe);
    void forward(pipe, 'client', 'server');
    void forward(pipe, 'server', 'client');
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address() as AddressInfo;

  const goOn = (): void => {
    silent?.resolve();
    silent = undefined;
  };
  const endAll = (): void => {
    for (const { client, server } of pipes) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    pipes.clear();
  };
  return {
    name,
    through(url) {
      const own = new URL(url);
      own.host = `127.0.0.1:${address.port}`;
      return own.href;
    },
    cut() {
      isCut = true;
      endAll();
    },
    delay: (milliseconds) => void (delayMs = milliseconds),
    silence: () => void (silent ??= Promise.withResolvers()),
    halfOpen(unaware) {
      for (const pipe of pipes) {
        pipe.unaware = unaware;
        pipe[unaware === 'client' ? 'server' : 'client'].destroy();
      }
    },
    mend() {
      isCut = false;
      delayMs = 0;
      goOn();
    },
    async close() {
      goOn();
      endAll();
      listener.close();
      await once(listener, 'close');
    },
  };
}
