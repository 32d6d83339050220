import type { WebhookDelivery } from '@missions/contracts/notifier/webhooks.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { isUuid } from '@missions/runtime/id.ts';

/** Of the page that begins after this delivery. */
export const cursorAfter = ({ created_at, id }: Pick<WebhookDelivery, 'created_at' | 'id'>): string =>
  Buffer.from(JSON.stringify([created_at, id])).toString('base64url');

/** @throws {Problem} `VALIDATION_FAILED` if it is no cursor of deliveries */
export function positionOf(cursor: string): readonly [time: string, id: string] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const [time, id] = Array.isArray(parts) ? (parts as unknown[]) : [];
    const isTime =
      typeof time === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time) && !Number.isNaN(Date.parse(time));
    if (isTime && typeof id === 'string' && isUuid(id)) return [time, id];
  } catch {
    // Text that is no JSON is refused below, like any other wrong cursor.
  }
  const message = 'is not a next_cursor of this list';
  throw new Problem('VALIDATION_FAILED', `cursor: ${message}. Leave it out to start at the first page.`, {
    errors: [{ path: 'cursor', message }],
  });
}
