import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { addressed, type NatsAddress, openConnection } from '../connect.ts';
import type { Connection } from '../connection.ts';
import { publish, type PublishResult } from '../publish.ts';
import { PROVISION } from '../streams.ts';
import { DeadLetterAdmin } from './dead-letter-admin.ts';
import { eraseMessages, type ErasedMessages, type MessageOwner } from './message-eraser.ts';
import { removeSubscriberConsumers } from './mirrors.ts';
import { provision, type ProvisionReport, type StreamOptions } from './provisioning.ts';
import { reportStreams, type StreamReport } from './stream-report.ts';
import { eventIdsInStream } from './stream-scan.ts';

/** The server's user for operators: it may read every stream and publish every event that a service may publish. */
export const OPERATOR = 'operator';
/** The server's user that makes streams and consumers. */
export const PROVISIONER = 'provisioner';
/** The server's user that reads and deletes messages of streams, for erasures. */
export const ERASER = 'eraser';

/** An operator at a terminal gets an error if no server answers, where a service would wait for one. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The connection of an operators' command. It serves no requests and takes no message from a service's consumer. */
export class AdminConnection {
  readonly #connection: Connection;
  readonly deadLetters: DeadLetterAdmin;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.deadLetters = new DeadLetterAdmin(connection);
  }

  streams(): Promise<StreamReport[]> {
    return reportStreams(this.#connection);
  }

  /** With the login `PROVISIONER`, or on a server without logins. */
  provision(options?: StreamOptions): Promise<ProvisionReport> {
    return provision(this.#connection, options);
  }

  /** With the login `PROVISIONER`: what bore the name of a subscriber that is no more. */
  removeSubscriberConsumers(name: string): Promise<StreamName[]> {
    return removeSubscriberConsumers(this.#connection, name);
  }

  /** With the login `ERASER`, or on a server without logins: see `eraseMessages`. */
  eraseMessages(of?: readonly string[] | MessageOwner): Promise<ErasedMessages[]> {
    return eraseMessages(this.#connection, of);
  }

  /** @throws Problem UNAVAILABLE if the stream does not exist. */
  async requireStream(name: StreamName): Promise<void> {
    const report = (await this.streams()).find(({ stream }) => stream === name);
    if (!report?.state) throw new Problem('UNAVAILABLE', `stream ${name} does not exist: ${PROVISION}`);
  }

  eventIdsInStream(name: StreamName): Promise<Set<string>> {
    return eventIdsInStream(this.#connection, name);
  }

  publish(event: EventEnvelope): Promise<PublishResult> {
    return publish(this.#connection, event);
  }

  close(): Promise<void> {
    return this.#connection.nc.close();
  }
}

/**
 * @param address with the user `OPERATOR` and its password. @throws Error that names a server that does not answer or
 * refuses.
 */
export async function connectAdmin(address: NatsAddress): Promise<AdminConnection> {
  const logger = createLogger({ service: OPERATOR, level: 'silent' });
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  try {
    return new AdminConnection(await openConnection({ ...addressed(address), name: OPERATOR, logger, signal }));
  } catch (error) {
    if (!signal.aborted) throw error;
    const { servers } = addressed(address);
    const first = [servers].flat()[0]?.split(',')[0] ?? '';
    throw new Error(`NATS at ${new URL(first).host} does not answer.`, { cause: error });
  }
}
