import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { openConnection } from '../connect.ts';
import type { Connection } from '../connection.ts';
import { publish, type PublishResult } from '../publish.ts';
import { ensureStreams } from '../streams.ts';
import { DeadLetterAdmin } from './dead-letter-admin.ts';
import { reportStreams, type StreamReport } from './stream-report.ts';
import { eventIdsInStream } from './stream-scan.ts';

/** The server's user for operators: it may read every stream and publish every event that a service may publish. */
export const OPERATOR = 'operator';

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

  ensureStream(name: StreamName): Promise<void> {
    return ensureStreams(this.#connection, [name]);
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
 * @param url with the user `OPERATOR` and its password. @throws Error that names a server that does not answer or
 * refuses.
 */
export async function connectAdmin(url: string): Promise<AdminConnection> {
  const logger = createLogger({ service: OPERATOR, level: 'silent' });
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  try {
    return new AdminConnection(await openConnection({ servers: url, name: OPERATOR, logger, signal }));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`NATS at ${new URL(url.split(',')[0] ?? '').host} does not answer.`, { cause: error });
  }
}
