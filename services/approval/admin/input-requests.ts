import { onConnection } from '@missions/persistence/standalone-transaction.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { rowJson } from '../store/columns.ts';

const list = statement(
  'operate.questions',
  `select ${rowJson('r')} as request from input_request r where r.mission_id = $1 order by r.created_at, r.id limit 100`,
);

/** `--mission <id>`: the input requests of that mission, oldest first, at most 100. */
await runAdminProgram({ mission: { type: 'string' } }, async ({ values: { mission } }) => {
  if (mission === undefined || !isUuid(mission)) throw new UsageError('--mission must be the id of a mission.');
  const { databaseUrl } = adminConfig();
  return await onConnection({ url: databaseUrl, schema: 'approval' }, async (client) => {
    return (await execute<{ request: object }>(client, list, [mission])).map(({ request }) => request);
  });
});
