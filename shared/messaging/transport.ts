import type { Socket } from 'node:net';
import type { ConnectionOptions, NatsConnection } from 'nats';
import { NatsConnectionImpl, setTransportFactory } from 'nats/lib/nats-base-client/internal_mod.js';
import { NodeTransport, nodeResolveHost } from 'nats/lib/src/node_transport.js';

/**
 * The client library's TCP transport, which ends the socket of a dial that was given up.
 *
 * The library gives a dial up after `timeout` and leaves its socket open (2.29.3, node_transport.js). A server that
 * stood still takes all those dials when it goes on; the server then pings connections that nobody answers on, and
 * requests taken on one are answered on another, where the sender's permission to answer is unknown. The process had to
 * be restarted.
 */
class EndingTransport extends NodeTransport {
  #givenUp = false;

  override async dial(...host: Parameters<NodeTransport['dial']>): Promise<Socket> {
    const socket = await super.dial(...host);
    if (!this.#givenUp) return socket;
    socket.destroy();
    throw new Error('The dial was given up.');
  }

  override async close(error?: Error): Promise<void> {
    this.discard();
    return super.close(error);
  }

  override discard(): void {
    if (this.connected) return;
    this.#givenUp = true;
    this.socket?.destroy();
  }
}

/** The library's `connect`, with the transport above. */
export function connect(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new EndingTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
