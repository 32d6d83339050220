import { Problem } from '@missions/contracts/errors.ts';
import {
  idOfItem,
  inboxNotification,
  markSeen,
  MAX_SNOOZE_DAYS,
  readInbox,
  snoozeItem,
} from '@missions/contracts/mission/inbox.ts';
import type { Caller, RequestMessage } from '@missions/contracts/request.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { Context } from '../commands/execute-command.ts';
import { requireCursor, requireUser } from '../commands/problems.ts';
import type { Reader } from '../store/delegated-items.ts';
import * as store from '../store/inbox.ts';

/** What waits for the user, and what the user has marked in it: see `domain/inbox.ts`. */
export const inboxEndpoints = (context: Context): Endpoint[] => [
  endpoint(readInbox, async ({ caller, input }) => {
    const after = input.cursor === undefined ? undefined : requireCursor(store.decodeInboxCursor(input.cursor));
    return {
      body: await store.readInbox(autocommit(context.db), readerOf(caller, input), input, after, dueBy(context.clock)),
    };
  }),

  endpoint(markSeen, (call) => {
    const { items, seen = true } = call.input;
    const ids = items.map(idOfItem);
    return mark(
      context,
      call,
      (tx, reader) =>
        ids.length === 0
          ? Promise.resolve('[]')
          : store.markItems(tx, reader, ids, seen ? 'seen' : 'unseen', dueBy(context.clock)),
      ids.map((id, index) => ({ id, path: `/items/${index}` })),
    );
  }),

  endpoint(snoozeItem, (call) => {
    const { item, until } = call.input;
    const id = idOfItem(item);
    return mark(
      context,
      call,
      async (tx, reader) => {
        const now = dueBy(context.clock);
        refuseTime(await store.verdictOn(tx, until, now, MAX_SNOOZE_DAYS));
        return await store.markItems(tx, reader, [id], { until }, now);
      },
      [{ id, path: '/item' }],
    );
  }),
];

const readerOf = (caller: Caller, { delegators = [] }: Beside): Reader => ({
  customer_id: caller.customer_id,
  user_id: requireUser(caller, 'user_id', 'say whose inbox it is.'),
  delegators,
});

/** Whose questions the caller answers as well, as the gateway says. */
interface Beside {
  readonly delegators?: readonly string[];
}

/** Marks items, if all of them are or were the user's, and tells the user's other devices. */
async function mark(
  { db, notify }: Context,
  { caller, idempotency, input }: RequestMessage<Beside>,
  act: (tx: Tx, reader: Reader) => Promise<string>,
  named: readonly { readonly id: string; readonly path: string }[],
) {
  const reader = readerOf(caller, input);
  return await executeOnce(db, idempotency, async (tx) => {
    const found = await store.lockItems(
      tx,
      reader,
      named.map(({ id }) => id),
    );
    const unknown = named.filter(({ id }) => !found.has(id));
    if (unknown.length > 0) throw noSuchItem(unknown);
    const items = await act(tx, reader);
    tx.afterCommit(() => notify(reader.customer_id, reader.user_id, inboxNotification));
    return { body: `{"items":${items}}` };
  });
}

function noSuchItem(unknown: readonly { readonly id: string; readonly path: string }[]): Problem {
  const [first] = unknown;
  return new Problem(
    'NOT_FOUND',
    `Your inbox never had an item ${JSON.stringify(first?.id)}: GET /api/v1/inbox lists those that it has. Nothing was marked.`,
    { errors: unknown.map(({ path }) => ({ path, message: 'is not an item of yours' })) },
  );
}

function refuseTime(verdict: 'past' | 'late' | 'fine'): void {
  if (verdict === 'fine') return;
  const message = verdict === 'past' ? 'must be in the future' : `must be at most ${MAX_SNOOZE_DAYS} days from now`;
  throw new Problem('VALIDATION_FAILED', `/until: ${message}`, { errors: [{ path: '/until', message }] });
}
