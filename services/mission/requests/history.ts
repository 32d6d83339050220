import {
  changedMissions,
  listEvents,
  logEvent,
  newHistory,
  recentHistory,
} from '@missions/contracts/mission/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type Context, executeCommand } from '../commands/execute-command.ts';
import { requireCursor, requireMission, requireUser } from '../commands/problems.ts';
import { decodeHistoryCursor, listEvents as listPage } from '../store/history.ts';
import { listChangedMissions, listNewHistory, listRecentHistory } from '../store/stream-history.ts';

const DEFAULT_LIMIT = 50;

export const historyEndpoints = (context: Context): Endpoint[] => [
  endpoint(logEvent, ({ input: { mission_id, event }, ...call }) => {
    const { conversation_id } = event;
    const options = { mission_id, conversation_id, command: { type: 'LogEvent', event } } as const;
    return executeCommand(context, call, options, async (_tx, { rows }) => {
      const [logged] = JSON.parse(rows?.events ?? '[]') as unknown[];
      return JSON.stringify(logged);
    });
  }),

  /** Oldest first unless the request says otherwise: a history is read from its beginning. */
  endpoint(listEvents, async ({ caller, input: { mission_id, filter } }) => {
    const { order = 'asc', cursor, limit = DEFAULT_LIMIT } = filter;
    const after = cursor === undefined ? undefined : requireCursor(decodeHistoryCursor(cursor, order));
    const page = requireMission(
      await listPage(autocommit(context.db), caller, mission_id, {
        order,
        limit,
        ...(after !== undefined && { after }),
      }),
    );
    return { body: `{"events":${page.events},"next_cursor":${JSON.stringify(page.next_cursor)}}` };
  }),

  /** What a live stream replays to a user who connects again. */
  endpoint(recentHistory, async ({ caller, input }) => {
    const user_id = requireUser(caller, 'user_id', 'say whose history to read.');
    const now = context.clock.now().toISOString();
    const { since = now, ...page } = input;
    const found = { ...page, since, now };
    return { body: await listRecentHistory(autocommit(context.db), caller.customer_id, user_id, found) };
  }),

  /** What an open stream reads when it is told that a mission has changed. */
  endpoint(newHistory, async ({ caller, input: { missions, limit } }) => {
    const user_id = requireUser(caller, 'user_id', 'say whose history to read.');
    return { body: await listNewHistory(autocommit(context.db), caller.customer_id, user_id, missions, limit) };
  }),

  /** What an open stream asks now and then, in case it was not told. */
  endpoint(changedMissions, async ({ caller, input: { since } }) => {
    const user_id = requireUser(caller, 'user_id', 'say whose missions to look at.');
    const period = { since, now: context.clock.now().toISOString() };
    return { body: await listChangedMissions(autocommit(context.db), caller.customer_id, user_id, period) };
  }),
];
