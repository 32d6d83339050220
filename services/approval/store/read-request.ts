import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { State } from '../domain/state.ts';
import { now, rowJson } from './columns.ts';
import { type Row, stateOf } from './rows.ts';

/** No lock is taken: what is decided upon is compared again when it is written (`save-request.ts`). */
const read = statement(
  'approval.read',
  `select iso(${now('$3')}) as at, (select ${rowJson('r')} from input_request r where r.customer_id = $1 and r.id = $2) as row`,
);

/** `at`: what time it is. `virtualNow`: of a virtual clock, or null for the database's. */
export async function readRequest(
  tx: Tx,
  customerId: string,
  id: string,
  virtualNow: Date | null,
): Promise<{ at: string; request: State }> {
  const [found] = await tx.run<{ at: string; row: Row | null }>(read, [customerId, id, virtualNow]);
  if (!found) throw new Error('a select without from gave no row');
  return { at: found.at, request: stateOf(found.row) };
}
