import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { openConnection } from '../connect.ts';
import { DeadLetterAdmin } from './dead-letter-admin.ts';
import type { Connection } from '../connection.ts';
import { publish, type Published } from '../publish.ts';
import { eventIdsInStream } from './stream-contents.ts';
import { reportStreams, type StreamReport } from './stream-report.ts';
import { ensureStreams } from '../streams.ts';

/** The server's user for operators: it sees every stream, and may publish again whatever a service may publish. */
export const OPERATOR = 'operator';

/** An operator at a terminal is told that there is no server; a service would wait for one. */
const PATIENCE_MS = 5_000;

/** What an operators' command does over its connection. It answers no requests and consumes nothing that a service should have. */
export class AdminConnection {
  readonly #link: Connection;
  readonly deadLetters: DeadLetterAdmin;

  constructor(link: Connection) {
    this.#link = link;
    this.deadLetters = new DeadLetterAdmin(link);
  }

  streams(): Promise<StreamReport[]> {
    return reportStreams(this.#link);
  }

  ensureStream(name: StreamName): Promise<void> {
    return ensureStreams(this.#link, [name]);
  }

  eventIdsInStream(name: StreamName): Promise<Set<string>> {
    return eventIdsInStream(this.#link, name);
  }

  publish(event: EventEnvelope): Promise<Published> {
    return publish(this.#link, event);
  }

  close(): Promise<void> {
    return this.#link.nc.close();
  }
}

/** @param url with that user and its password. @throws Error that names the server when it does not answer, or refuses. */
export async function connectAdmin(url: string): Promise<AdminConnection> {
  const logger = createLogger({ service: OPERATOR, level: 'silent' });
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    return new AdminConnection(await openConnection({ servers: url, name: OPERATOR, logger, signal }));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`NATS at ${new URL(url.split(',')[0] ?? '').host} does not answer.`, { cause: error });
  }
}
