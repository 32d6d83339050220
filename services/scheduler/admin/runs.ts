import { runStatuses } from '@missions/contracts/scheduler/runs.ts';
import { onConnection } from '@missions/persistence/standalone-transaction.ts';
import { execute } from '@missions/persistence/statement.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { UsageError, runAdminProgram, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { allRuns as list } from '../runs/store/inspect-runs.ts';

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
  return await onConnection({ url: adminConfig().databaseUrl, schema: 'scheduler' }, async (client) => {
    return (await execute<{ run: object }>(client, list, [status ?? null, mission ?? null, most])).map(
      ({ run }) => run,
    );
  });
});
