import { connectStandalone } from '@missions/persistence/session.ts';
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

/** `missions.ts show <mission id> [--events <n>]`: a mission with its newest events, 20 by default. */
await runAdminProgram({ events: { type: 'string', default: '20' } }, async ({ values, positionals: [verb, id] }) => {
  const events = wholeNumber('--events', values.events, 0);
  if (verb !== 'show' || id === undefined || !isUuid(id))
    throw new UsageError('missions show <id>, where the id is the UUID of a mission.');
  const client = await connectStandalone({
    url: adminConfig().databaseUrl,
    schema: 'mission',
    statementTimeoutMs: 30_000,
    name: 'operator',
  });
  try {
    const [found] = await execute<{ mission: object; internals: object }>(client, show, [id, events]);
    if (!found) throw new AdminFailure(`There is no mission ${id}; it may have been erased.`);
    return { ...found.mission, ...found.internals };
  } finally {
    await client.end();
  }
});
