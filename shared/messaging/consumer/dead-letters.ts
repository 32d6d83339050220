import { deadLetterSubject } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { headersOf, names, oneLine } from '../headers.ts';
import { publishToStream } from '../publish.ts';
import type { Delivery } from './delivery.ts';

/** Headers that a dead letter has beside those of its message. */
export const deadLetterHeaders = {
  reason: 'dl-reason',
  attempts: 'dl-attempts',
  subject: 'dl-subject',
  stream: 'dl-stream',
  sequence: 'dl-sequence',
  consumer: 'dl-consumer',
} as const;

/**
 * Copies a message to the service's dead letters. Resolves once the copy is stored; only then may the original be
 * terminated. The message id is that of this failure, not the event's: the same event may fail in two consumers, or
 * again after a replay.
 */
export async function storeDeadLetter(
  connection: Connection,
  service: string,
  source: { stream: string; consumer: string },
  delivery: Delivery,
  reason: string,
): Promise<void> {
  // The server would take its own headers as instructions for this publication.
  const own = [...(delivery.headers ?? [])].filter(([name]) => !name.toLowerCase().startsWith('nats-'));
  const original = Object.fromEntries(own.map(([name, values]) => [name, values[0]]));
  const headers = headersOf({
    ...original,
    [names.messageId]: `dl:${source.consumer}:${source.stream}:${delivery.sequence}`,
    [deadLetterHeaders.reason]: oneLine(reason),
    [deadLetterHeaders.attempts]: String(delivery.attempts),
    [deadLetterHeaders.subject]: delivery.subject,
    [deadLetterHeaders.stream]: source.stream,
    [deadLetterHeaders.sequence]: String(delivery.sequence),
    [deadLetterHeaders.consumer]: source.consumer,
  });
  await publishToStream(connection, deadLetterSubject(service), delivery.body, headers);
}
