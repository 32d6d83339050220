import { deadLetterSubject } from '@missions/contracts/subjects.ts';
import type { Delivery } from './delivery.ts';
import { headersOf, names, oneLine } from '../headers.ts';
import type { Connection } from '../connection.ts';
import { store } from '../publish.ts';

/** Said of a message that was given up, beside its own headers, which are kept as they were. */
export const deadLetterHeaders = {
  reason: 'dl-reason',
  attempts: 'dl-attempts',
  subject: 'dl-subject',
  stream: 'dl-stream',
  sequence: 'dl-sequence',
  consumer: 'dl-consumer',
} as const;

/**
 * Copies a message to the service's dead letters. Resolves once it is stored there; only then may the original be terminated.
 * The message id is that of this failure, not the event's: the same event may fail in two consumers, or again after a replay.
 */
export async function storeDeadLetter(
  link: Connection,
  service: string,
  from: { stream: string; consumer: string },
  delivery: Delivery,
  reason: string,
): Promise<void> {
  // Headers of the server's own would be taken as instructions for this publication.
  const kept = [...(delivery.headers ?? [])].filter(([name]) => !name.toLowerCase().startsWith('nats-'));
  const original = Object.fromEntries(kept.map(([name, values]) => [name, values[0]]));
  const headers = headersOf({
    ...original,
    [names.messageId]: `dl:${from.consumer}:${from.stream}:${delivery.sequence}`,
    [deadLetterHeaders.reason]: oneLine(reason),
    [deadLetterHeaders.attempts]: String(delivery.attempts),
    [deadLetterHeaders.subject]: delivery.subject,
    [deadLetterHeaders.stream]: from.stream,
    [deadLetterHeaders.sequence]: String(delivery.sequence),
    [deadLetterHeaders.consumer]: from.consumer,
  });
  await store(link, deadLetterSubject(service), delivery.body, headers);
}
