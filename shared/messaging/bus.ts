import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { RequestContract, RequestMessage } from '@missions/contracts/request.ts';
import type { ServiceName, StreamName } from '@missions/contracts/subjects.ts';
import type { Connection, ConnectionStatus } from './connection.ts';
import { consume } from './consumer/consume.ts';
import type { ConsumeOptions, Consumer } from './consumer/options.ts';
import type { Endpoint } from './endpoint.ts';
import { notify, onNotification, subscribe, type SubjectMessage } from './notifications.ts';
import { publish, type PublishOptions, type PublishResult } from './publish.ts';
import { type InputOf, type Reply, request, type RequestOptions } from './request.ts';
import { type RequestServer, serve, type ServeOptions } from './serve.ts';
import { identityOfStream, lastSequenceOf, type StreamIdentity } from './stored-messages.ts';
import { awaitStreams, handledUpTo } from './streams.ts';

/** How long `drain` waits for the server to receive the last messages. */
const FLUSH_MS = 2_000;

/**
 * All that a service does over its one connection to NATS. The function of the same name, in the file that implements
 * it, documents each method and its errors.
 */
export class Bus {
  readonly #connection: Connection;
  readonly name: string;
  readonly #servers: RequestServer[] = [];
  readonly #consumers: Consumer[] = [];

  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.name = name;
  }

  request<C extends RequestContract>(
    contract: C,
    message: RequestMessage<InputOf<C>>,
    options?: RequestOptions,
  ): Promise<Reply> {
    return request(this.#connection, contract, message, options);
  }

  async serve(service: ServiceName, endpoints: readonly Endpoint[], options?: ServeOptions): Promise<RequestServer> {
    const server = await serve(this.#connection, service, endpoints, options);
    this.#servers.push(server);
    return server;
  }

  publish(event: EventEnvelope, body?: string, options?: PublishOptions): Promise<PublishResult> {
    return publish(this.#connection, event, body, options);
  }

  identityOfStream(name: StreamName): Promise<StreamIdentity | undefined> {
    return identityOfStream(this.#connection, name);
  }

  lastSequenceOf(subject: string): Promise<number> {
    return lastSequenceOf(this.#connection, subject);
  }

  awaitStreams(names: readonly StreamName[]): Promise<void> {
    return awaitStreams(this.#connection, names);
  }

  /** Of this service's own consumer. @throws Problem while NATS does not answer */
  handledUpTo(stream: StreamName): Promise<number | undefined> {
    return handledUpTo(this.#connection, stream, this.name);
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    const consumer = await consume(this.#connection, options);
    this.#consumers.push(consumer);
    return consumer;
  }

  notify(customerId: string, userId: string, payload: object): void {
    notify(this.#connection, customerId, userId, payload);
  }

  onNotification(customerId: string, userId: string, fn: (payload: unknown) => void): () => void {
    return onNotification(this.#connection, customerId, userId, fn);
  }

  subscribe(subject: string, fn: (message: SubjectMessage) => void): () => void {
    return subscribe(this.#connection, subject, fn);
  }

  isConnected(): boolean {
    return this.#connection.connected;
  }

  /** How often the connection has been lost: while it is the same, the server behind it is. */
  losses(): number {
    return this.#connection.losses;
  }

  onStatus(fn: (status: ConnectionStatus) => void): () => void {
    return this.#connection.onStatus(fn);
  }

  /** For readiness. @throws Error that names the part that does not work. */
  check(): void {
    if (!this.#connection.connected) throw new Error(this.#connection.status);
    for (const sentence of this.#connection.missing.values()) throw new Error(sentence);
    for (const part of [...this.#servers, ...this.#consumers]) part.check();
  }

  /** Resolves when the server has received everything sent so far, subscriptions included. */
  flush(): Promise<void> {
    return this.#connection.flush();
  }

  /**
   * Stops receiving messages, waits for the running handlers and their acknowledgements, then closes the connection.
   * The library's own `drain` closes without waiting for handlers, which loses their acknowledgements and replies; and
   * while disconnected it never closes at all.
   */
  async drain(): Promise<void> {
    const { nc } = this.#connection;
    await Promise.all([...this.#consumers, ...this.#servers].map((part) => part.stop()));
    if (nc.isClosed()) return;
    this.#connection.outgoing.flush();
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MS).unref());
    if (this.#connection.connected) await Promise.race([nc.drain(), timeout]);
    await nc.close();
  }
}
