import { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { afterRun, type Ending, type Watched } from '../domain/schedule.ts';
import { moment } from '../../store/sql-clock.ts';
import { runEvent, runJson } from './runs.ts';
import { lockWatched, saveWatched } from './watched-missions.ts';

/** An open run, and what this service must know of it and nobody else. */
export interface OpenRun {
  readonly run: Run;
  readonly granted_version: number | null;
  /** Its lease has ended by the clock that decides. */
  readonly is_over: boolean;
}

const lockRun = statement(
  'scheduler.lock_run',
  `select ${runJson('r')} as run, r.granted_version, coalesce(r.lease_expires_at <= ${moment('$2')}, false) as is_over
     from run r where r.id = $1::uuid and r.finished_at is null for update`,
);
const end = statement(
  'scheduler.end_run',
  `update run r set status = $2, error = $3, finished_at = $4::timestamptz, lease_expires_at = null where r.id = $1::uuid returning ${runJson('r')} as run`,
);

export async function lockOpenRun(tx: Tx, id: string, virtual: Date | null): Promise<OpenRun | undefined> {
  const [row] = await tx.run<OpenRun>(lockRun, [id, virtual]);
  return row;
}

/** The row of its mission is locked by the caller, who saves what comes of it. */
export async function recordEnd(
  tx: Tx,
  open: OpenRun,
  status: Run['status'],
  error: string,
  at: string,
  version: number,
): Promise<Run> {
  const [row] = await tx.run<{ run: Run }>(end, [open.run.id, status, error, at]);
  if (!row) throw new Error('a run that is locked is gone');
  await appendToOutbox(tx, [runEvent(runSubjects.finished, row.run, version, at)]);
  return row.run;
}

export interface End {
  readonly run: Pick<Run, 'id' | 'mission_id' | 'customer_id' | 'user_id'>;
  readonly status: 'succeeded' | 'failed' | 'expired';
  readonly error: string;
  readonly at: string;
  readonly virtual: Date | null;
  /** undefined: it is not to be ended after all. */
  readonly ending: (open: OpenRun) => Ending | undefined;
}

export interface Ended {
  readonly run: Run;
  readonly watched: Watched;
}

/** Ends an open run and decides when the next is due. undefined: it was over before, or is not to be ended. The mission's row first, then the run's, as everywhere. */
export async function endRun(tx: Tx, { run, status, error, at, virtual, ending }: End): Promise<Ended | undefined> {
  const watched = (await lockWatched(tx, [run])).get(run.mission_id);
  const open = await lockOpenRun(tx, run.id, virtual);
  if (!watched || !open) return undefined;
  const decided = ending(open);
  if (!decided) return undefined;
  const next = afterRun(watched, decided, at);
  await saveWatched(tx, [next]);
  return { run: await recordEnd(tx, open, status, error, at, watched.version), watched: next };
}
