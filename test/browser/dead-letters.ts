import type { EventEnvelope } from '@missions/contracts/event.ts';
import { deadLetterSubject } from '@missions/contracts/subjects.ts';
import { eventHeaders } from '@missions/messaging/cloudevents.ts';
import { openConnection } from '@missions/messaging/connect.ts';
import { deadLetterHeaders } from '@missions/messaging/consumer/dead-letters.ts';
import { names } from '@missions/messaging/headers.ts';
import { publishToStream } from '@missions/messaging/publish.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import type { SharedProduct } from '@missions/test-support/shared-product.ts';

export interface FailedEvent {
  readonly type: string;
  readonly customer: string;
  readonly mission: string;
  readonly data: Record<string, unknown>;
  readonly reason: string;
}

/** Events that the mission service could not handle, as it leaves them: by its own login. */
export async function plantDeadLetters({ servers }: SharedProduct, failed: readonly FailedEvent[]): Promise<void> {
  const logger = createLogger({ service: 'spec', level: 'silent' });
  const connection = await openConnection({ servers: servers.natsUrlFor('mission'), name: 'mission', logger });
  for (const { type, customer, mission, data, reason } of failed) {
    const event: EventEnvelope = {
      id: newId(),
      type,
      source: '/services/email-bridge',
      time: new Date().toISOString(),
      customer_id: customer,
      user_id: 'ada',
      mission_id: mission,
      version: 1,
      index: 0,
      data,
    };
    const headers = eventHeaders(event);
    headers.set(names.messageId, `dl:${event.id}`);
    headers.set(deadLetterHeaders.reason, reason);
    headers.set(deadLetterHeaders.attempts, '5');
    headers.set(deadLetterHeaders.subject, type);
    await publishToStream(connection, deadLetterSubject('mission'), Buffer.from(JSON.stringify(data)), headers);
  }
  await connection.nc.close();
}
