import { timerOwners } from '@missions/contracts/scheduler/timers.ts';
import { onConnection } from '@missions/persistence/standalone-transaction.ts';
import { execute } from '@missions/persistence/statement.ts';
import { UsageError, runAdminProgram, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { pendingTimers as list, timersSummary as summary } from '../timers/store/inspect-timers.ts';

const options = {
  'due-before': { type: 'string' },
  owner: { type: 'string' },
  mission: { type: 'string' },
  limit: { type: 'string', default: '50' },
} as const;

/** Lists pending timers, the next due first, and counts them. */
await runAdminProgram(options, async ({ values: { owner, mission, limit, 'due-before': before } }) => {
  const most = wholeNumber('--limit', limit, 0);
  if (owner !== undefined && !timerOwners.some((one) => one === owner))
    throw new UsageError(`--owner must be one of ${timerOwners.join(', ')}.`);
  if (before !== undefined && Number.isNaN(Date.parse(before)))
    throw new UsageError('--due-before must be a time, e.g. 2026-12-31T12:00:00Z.');
  return await onConnection({ url: adminConfig().databaseUrl, schema: 'scheduler' }, async (client) => {
    const timers = await execute<{ timer: object }>(client, list, [
      before === undefined ? null : new Date(before),
      owner ?? null,
      mission ?? null,
      most,
    ]);
    const [counted] = await execute<{ summary: object }>(client, summary);
    return { ...counted?.summary, timers: timers.map(({ timer }) => timer) };
  });
});
