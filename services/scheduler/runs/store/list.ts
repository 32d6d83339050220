import { Problem } from '@missions/contracts/errors.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { runJson } from './runs.ts';

export interface RunPage {
  readonly runs: Run[];
  readonly next_cursor: string | null;
}

const page = statement(
  'scheduler.list_runs',
  `select ${runJson('r')} as run from run r where r.mission_id = $1::uuid and r.customer_id = $2 and ($3::text is null or r.user_id = $3)
     and ($4::timestamptz is null or (r.requested_at, r.id) < ($4::timestamptz, $5::uuid))
   order by r.requested_at desc, r.id desc limit $6`,
);

/** A mission's runs, newest first. @throws {Problem} `VALIDATION_FAILED` */
export async function listRuns(
  tx: Tx,
  { mission_id, customer_id, user_id }: { mission_id: string; customer_id: string; user_id: string | null },
  limit: number,
  cursor: string | undefined,
): Promise<RunPage> {
  const [time, id] = cursor === undefined ? [null, null] : position(cursor);
  const rows = await tx.run<{ run: Run }>(page, [mission_id, customer_id, user_id, time, id, limit + 1]);
  const runs = rows.slice(0, limit).map(({ run }) => run);
  const last = rows.length > limit ? runs.at(-1) : undefined;
  return {
    runs,
    next_cursor: last ? Buffer.from(JSON.stringify([last.requested_at, last.id])).toString('base64url') : null,
  };
}

/** Opaque to callers, and checked like any input. */
function position(cursor: string): [string, string] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const [time, id] = Array.isArray(parts) ? (parts as unknown[]) : [];
    if (
      typeof time === 'string' &&
      /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time) &&
      !Number.isNaN(Date.parse(time)) &&
      typeof id === 'string' &&
      isUuid(id)
    )
      return [time, id];
  } catch {
    // Said below.
  }
  const message = 'is not a next_cursor of this list';
  throw new Problem('VALIDATION_FAILED', `cursor: ${message}. Leave it out to start at the first page.`, {
    errors: [{ path: 'cursor', message }],
  });
}
