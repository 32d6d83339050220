import { connectStandalone } from '@missions/persistence/session.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { UsageError, runAdminProgram } from '@missions/runtime/admin-program.ts';
import { rowJson } from '../store/columns.ts';
import { operatorConfig } from './config.ts';

const list = statement(
  'operate.questions',
  `select ${rowJson('r')} as question from input_request r where r.mission_id = $1 order by r.created_at, r.id limit 100`,
);

/** The questions of a mission, `--mission <id>`, oldest first. */
await runAdminProgram({ mission: { type: 'string' } }, async ({ values: { mission } }) => {
  if (mission === undefined || !isUuid(mission)) throw new UsageError('--mission must be the id of a mission.');
  const client = await connectStandalone({
    url: operatorConfig().databaseUrl,
    schema: 'approval',
    statementTimeoutMs: 30_000,
    name: 'operator',
  });
  try {
    return (await execute<{ question: object }>(client, list, [mission])).map(({ question }) => question);
  } finally {
    await client.end();
  }
});
