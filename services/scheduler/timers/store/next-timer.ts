import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { isPending, moment } from '../../store/sql-clock.ts';

export interface NextTimer {
  /** Milliseconds from now until it is due, by the clock that decides; not positive when it is. */
  readonly in_ms: number;
  /** Milliseconds since 1970. */
  readonly fire_at: number;
}

/** One descent of the index, however many are pending. `t.`, because a bare `fire_at` would be the computed one, and sort the table by it. */
const next = statement(
  'scheduler.next_timer',
  `select (extract(epoch from t.fire_at - ${moment('$1')}) * 1000)::float8 as in_ms, (extract(epoch from t.fire_at) * 1000)::float8 as fire_at
     from timer t where ${isPending} order by t.fire_at limit 1`,
);

export async function nextTimer(tx: Tx, virtual: Date | null): Promise<NextTimer | undefined> {
  const [row] = await tx.run<NextTimer>(next, [virtual]);
  return row;
}
