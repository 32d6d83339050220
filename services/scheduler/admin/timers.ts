import { timerOwners } from '@missions/contracts/scheduler/timers.ts';
import { connectStandalone } from '@missions/persistence/session.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { UsageError, runAdminProgram, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { isPending } from '../timers/store/timers.ts';

/** Larger numbers of timers are not counted to the end. */
const COUNT_AT_MOST = 100_000;

const list = statement(
  'operate.timers',
  `select json_build_object('owner', owner, 'key', key, 'revision', revision, 'customer_id', customer_id,
          'mission_id', mission_id, 'fire_at', iso(fire_at),
          'overdue_ms', greatest(0, round(extract(epoch from clock_timestamp() - fire_at) * 1000))::bigint) as timer
     from timer
    where ${isPending} and ($1::timestamptz is null or fire_at < $1) and ($2::text is null or owner = $2)
      and ($3::text is null or mission_id = $3)
    order by fire_at limit $4`,
);
const summary = statement(
  'operate.timers_summary',
  `select json_build_object(
          'pending', (select count(*) from (select from timer where ${isPending} limit ${COUNT_AT_MOST}) as counted),
          'overdue', (select count(*) from (select from timer where ${isPending} and fire_at < clock_timestamp()
                                             limit ${COUNT_AT_MOST}) as counted),
          'next_due_at', (select iso(fire_at) from timer where ${isPending} order by fire_at limit 1)) as summary`,
);

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
  const client = await connectStandalone({
    url: adminConfig().databaseUrl,
    schema: 'scheduler',
    statementTimeoutMs: 30_000,
    name: 'operator',
  });
  try {
    const timers = await execute<{ timer: object }>(client, list, [
      before === undefined ? null : new Date(before),
      owner ?? null,
      mission ?? null,
      most,
    ]);
    const [counted] = await execute<{ summary: object }>(client, summary);
    return { ...counted?.summary, timers: timers.map(({ timer }) => timer) };
  } finally {
    await client.end();
  }
});
