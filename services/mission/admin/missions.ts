import { onConnection } from '@missions/persistence/standalone-transaction.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { AdminFailure, runAdminProgram, UsageError, wholeNumber } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { detailJson } from '../store/json.ts';

/** The mission as its customer sees it, and columns that only operators see. Shows a deleted mission too. */
const show = statement(
  'operate.mission',
  `select ${detailJson('m', '$2::int')} as mission,
          json_build_object('customer_id', m.customer_id, 'phase', m.phase, 'fence', m.fence,
            'last_autonomous_check', iso(m.last_autonomous_check), 'deleted_at', iso(m.deleted_at)) as internals
     from mission m where m.id = $1`,
);

/**
 * The newest first. Ids begin with the time, so that the primary key has this order and no row is read in vain without a
 * filter.
 */
const list = statement(
  'operate.missions',
  `select id, status, phase, priority, customer_id, user_id, title, blocked_by,
          iso(created_at) as created_at, iso(updated_at) as updated_at
     from mission m
    where deleted_at is null
      and ($1::text is null or customer_id = $1) and ($2::text is null or user_id = $2)
      and ($3::text[] is null or status = any($3))
    order by id desc limit $4`,
);

const options = {
  events: { type: 'string', default: '20' },
  customer: { type: 'string' },
  user: { type: 'string' },
  status: { type: 'string' },
  limit: { type: 'string', default: '50' },
} as const;

/**
 * `missions.ts show <mission id> [--events <n>]`: a mission with its newest events, 20 by default.
 * `missions.ts list [--customer <id>] [--user <id>] [--status <a,b>] [--limit <n>]`: missions, the newest first.
 */
await runAdminProgram(options, async ({ values, positionals: [verb, id] }) => {
  const events = wholeNumber('--events', values.events, 0);
  const limit = wholeNumber('--limit', values.limit, 1);
  if (verb !== 'list' && (verb !== 'show' || id === undefined || !isUuid(id)))
    throw new UsageError('list, or show <id>, where the id is the UUID of a mission.');
  return await onConnection({ url: adminConfig().databaseUrl, schema: 'mission' }, async (client) => {
    if (verb === 'list') {
      const filter = [values.customer ?? null, values.user ?? null, values.status?.split(',') ?? null];
      return { missions: await execute<object>(client, list, [...filter, limit]) };
    }
    const [found] = await execute<{ mission: object; internals: object }>(client, show, [id, events]);
    if (!found) throw new AdminFailure(`There is no mission ${id}; it may have been erased.`);
    return { ...found.mission, ...found.internals };
  });
});
