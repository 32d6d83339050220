import { listEvents } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { decodeCursor, encodeCursor } from '../store/cursor.ts';
import { listEvents as listPage } from '../store/list-events.ts';
import type { Context } from '../commands/execute-command.ts';

const DEFAULT_LIMIT = 50;

/** Oldest first unless asked otherwise: it is read as a story. */
export const listEventsEndpoint = ({ db }: Context) =>
  endpoint(listEvents, async ({ caller, input: { mission_id, filter } }) => {
    const order = filter.order ?? 'asc';
    const [after] = filter.cursor === undefined ? [null] : decodeCursor(filter.cursor, order, [isSequence]);
    const page = await listPage(autocommit(db), caller, mission_id, {
      order,
      after: after as number | null,
      limit: filter.limit ?? DEFAULT_LIMIT,
    });
    const next = page.more ? encodeCursor(order, [page.last]) : null;
    return { body: `{"events":${page.events},"next_cursor":${JSON.stringify(next)}}` };
  });

const isSequence = (part: unknown): boolean =>
  Number.isInteger(part) && (part as number) > 0 && (part as number) < 2 ** 31;
