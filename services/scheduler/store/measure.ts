import { gauge } from '@missions/runtime/metrics.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Database } from '@missions/persistence/database.ts';
import { isPending } from '../timers/store/timers.ts';

const overdueTimers = gauge('missions_timers_overdue', 'Timers whose time has come and that have not fired, to 10,000');
const oldestTimer = gauge(
  'missions_timers_oldest_overdue_seconds',
  'How late the timer is that should have fired first',
);
const queuedRuns = gauge('missions_runs_queued', 'Runs that no agent has claimed, to 10,000');
const oldestRun = gauge('missions_runs_oldest_queued_seconds', 'How long the first of these has waited');
const heldRuns = gauge('missions_runs_held', 'Runs that an agent holds, to 10,000');
const expiredRuns = gauge('missions_runs_expired', 'Runs whose lease has ended and that are not yet taken back');

/** Larger numbers are not counted to the end. */
const COUNT_AT_MOST = 10_000;
const counted = (condition: string, table: string): string =>
  `(select count(*) from (select from ${table} where ${condition} limit ${COUNT_AT_MOST}) as counted)::int`;
const secondsSince = (time: string): string =>
  `coalesce(greatest(0, extract(epoch from clock_timestamp() - ${time})), 0)::float8`;

const due = `${isPending} and fire_at < (select clock_timestamp())`;
const timers = statement(
  'scheduler.measure_timers',
  `select ${counted(due, 'timer')} as overdue,
          ${secondsSince(`(select fire_at from timer where ${due} order by fire_at limit 1)`)} as oldest`,
);
const queued = 'lease_expires_at is null and finished_at is null';
const runs = statement(
  'scheduler.measure_runs',
  `select ${counted(queued, 'run')} as queued,
          ${secondsSince(`(select min(requested_at) from (select requested_at from run where ${queued} limit ${COUNT_AT_MOST}) as waiting)`)} as oldest,
          ${counted('lease_expires_at is not null', 'run')} as held,
          ${counted('lease_expires_at is not null and lease_expires_at < (select clock_timestamp())', 'run')} as expired`,
);

interface Measured {
  readonly overdue: number;
  readonly queued: number;
  readonly held: number;
  readonly expired: number;
  readonly oldest: number;
}

/** What waits in the scheduler: timers that are late, and runs that nobody has. */
export async function measureScheduler({ db }: { readonly db: Database }): Promise<void> {
  const tx = autocommit(db);
  const [late] = await tx.run<Measured>(timers);
  overdueTimers.set(late?.overdue ?? 0);
  oldestTimer.set(late?.oldest ?? 0);
  const [waiting] = await tx.run<Measured>(runs);
  queuedRuns.set(waiting?.queued ?? 0);
  oldestRun.set(waiting?.oldest ?? 0);
  heldRuns.set(waiting?.held ?? 0);
  expiredRuns.set(waiting?.expired ?? 0);
}
