import { connectStandalone } from '@missions/persistence/session.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { UsageError, runAdminProgram, AdminFailure, wholeNumber } from '@missions/runtime/admin-program.ts';
import { detailJson } from '../store/json.ts';
import { operatorConfig } from './config.ts';

/** As its customer sees it, and what only operators see; also when it is deleted. */
const show = statement(
  'operate.mission',
  `select ${detailJson('m', '$2::int')} as mission,
          json_build_object('customer_id', m.customer_id, 'phase', m.phase, 'fence', m.fence, 'last_autonomous_check', iso(m.last_autonomous_check), 'deleted_at', iso(m.deleted_at)) as internals
     from mission m where m.id = $1`,
);

await runAdminProgram(
  { events: { type: 'string', default: '20' } },
  async ({ values: { events }, positionals: [verb, id] }) => {
    const tail = wholeNumber('--events', events, 0);
    if (verb !== 'show' || id === undefined || !isUuid(id))
      throw new UsageError('missions show <id>, where the id is the UUID of a mission.');
    const client = await connectStandalone({
      url: operatorConfig().databaseUrl,
      schema: 'mission',
      statementTimeoutMs: 30_000,
      name: 'operator',
    });
    try {
      const [found] = await execute<{ mission: object; internals: object }>(client, show, [id, tail]);
      if (!found) throw new AdminFailure(`There is no mission ${id}; it may have been erased.`);
      return { ...found.mission, ...found.internals };
    } finally {
      await client.end();
    }
  },
);
