import { runStatuses } from '@missions/contracts/scheduler/runs.ts';
import { connectStandalone } from '@missions/persistence/session.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { UsageError, runAdminProgram, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';

/** No index has all runs by time: the statement reads the whole table, which an operator may do now and then. */
const list = statement(
  'operate.runs',
  `select json_build_object('id', id, 'status', status, 'mission_id', mission_id, 'customer_id', customer_id,
          'user_id', user_id, 'agent_id', agent_id, 'reason', reason, 'attempt', attempt, 'fence', fence,
          'requested_at', iso(requested_at), 'claimed_at', iso(claimed_at), 'lease_expires_at', iso(lease_expires_at),
          'finished_at', iso(finished_at), 'error', error) as run
     from run where ($1::text is null or status = $1) and ($2::uuid is null or mission_id = $2)
    order by requested_at desc, id desc limit $3`,
);

const options = {
  status: { type: 'string' },
  mission: { type: 'string' },
  limit: { type: 'string', default: '50' },
} as const;

/** Lists runs, the newest first. */
await runAdminProgram(options, async ({ values: { status, mission, limit } }) => {
  const most = wholeNumber('--limit', limit, 1);
  if (status !== undefined && !runStatuses.some((one) => one === status))
    throw new UsageError(`--status must be one of ${runStatuses.join(', ')}.`);
  if (mission !== undefined && !isUuid(mission)) throw new UsageError('--mission must be the id of a mission.');
  const client = await connectStandalone({
    url: adminConfig().databaseUrl,
    schema: 'scheduler',
    statementTimeoutMs: 30_000,
    name: 'operator',
  });
  try {
    return (await execute<{ run: object }>(client, list, [status ?? null, mission ?? null, most])).map(
      ({ run }) => run,
    );
  } finally {
    await client.end();
  }
});
