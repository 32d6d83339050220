import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { RequestContract, RequestMessage } from '@missions/contracts/request.ts';
import type { ServiceName, StreamName } from '@missions/contracts/subjects.ts';
import { consume, type ConsumeOptions, type Consumer } from './consumer/consume.ts';
import type { Endpoint } from './endpoint.ts';
import type { Connection, ConnectionStatus } from './connection.ts';
import { notify, onNotification, subscribe, type SubjectMessage } from './notifications.ts';
import { publish, type Published } from './publish.ts';
import type { Reply } from './reply.ts';
import { type InputOf, request, type RequestOptions } from './request.ts';
import { serve, type Served, type ServeOptions } from './serve.ts';
import { ensureStreams, type StreamOptions } from './streams.ts';

/** How long `drain` waits for the server to take the last of what was sent. */
const FLUSH_MS = 2_000;

/** Everything a process does over its one connection. What each method does, and throws, is said where it is implemented. */
export class Bus {
  readonly #link: Connection;
  readonly name: string;
  readonly #served: Served[] = [];
  readonly #consumptions: Consumer[] = [];

  constructor(link: Connection, name: string) {
    this.#link = link;
    this.name = name;
  }

  request<C extends RequestContract>(
    contract: C,
    message: RequestMessage<InputOf<C>>,
    options?: RequestOptions,
  ): Promise<Reply> {
    return request(this.#link, contract, message, options);
  }

  async serve(service: ServiceName, endpoints: readonly Endpoint[], options?: ServeOptions): Promise<Served> {
    const served = await serve(this.#link, service, endpoints, options);
    this.#served.push(served);
    return served;
  }

  publish(event: EventEnvelope, body?: string): Promise<Published> {
    return publish(this.#link, event, body);
  }

  ensureStreams(names: readonly StreamName[], options?: StreamOptions): Promise<void> {
    return ensureStreams(this.#link, names, options);
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    const consumption = await consume(this.#link, options);
    this.#consumptions.push(consumption);
    return consumption;
  }

  notify(customerId: string, userId: string, payload: object): void {
    notify(this.#link, customerId, userId, payload);
  }

  onNotification(customerId: string, userId: string, fn: (payload: unknown) => void): () => void {
    return onNotification(this.#link, customerId, userId, fn);
  }

  subscribe(subject: string, fn: (message: SubjectMessage) => void): () => void {
    return subscribe(this.#link, subject, fn);
  }

  isConnected(): boolean {
    return this.#link.connected;
  }

  onStatus(fn: (status: ConnectionStatus) => void): () => void {
    return this.#link.onStatus(fn);
  }

  /** For readiness. @throws Error that says what is missing. */
  check(): void {
    if (!this.#link.connected) throw new Error(this.#link.status);
    for (const part of [...this.#served, ...this.#consumptions]) part.check();
  }

  /** Resolves when the server has seen everything sent so far, subscriptions included. */
  flush(): Promise<void> {
    this.#link.requests.flush();
    return this.#link.whileConnected(() => this.#link.nc.flush());
  }

  /**
   * Stops taking messages, waits for those in hand and their acknowledgements, then closes. The library's own `drain` closes without
   * waiting for handlers, which loses their acknowledgements and answers; and while disconnected it never closes at all.
   */
  async drain(): Promise<void> {
    const { nc } = this.#link;
    await Promise.all([...this.#consumptions, ...this.#served].map((part) => part.stop()));
    if (nc.isClosed()) return;
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MS).unref());
    if (this.#link.connected) await Promise.race([nc.drain(), timeout]);
    await nc.close();
  }
}
