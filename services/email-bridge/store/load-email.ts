import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { State } from '../domain/state.ts';
import { emailJson, now } from './columns.ts';
import { type Row, stateOf } from './rows.ts';

/** Mail arrives on several ways at once, and many change one e-mail: they queue up at its row, and none has to decide twice. */
const lock = statement('email.lock', 'select 1 from email where customer_id = $1 and id = $2 for update');
/** A statement of its own: one that had waited for the lock would see the messages as they were before. */
const load = statement(
  'email.load',
  `select iso(${now('$3')}) as at, (select ${emailJson('e')} from email e where e.customer_id = $1 and e.id = $2) as row`,
);

/** `at`: what time it is. `virtualNow`: of a virtual clock, or null for the database's. */
export interface Loaded {
  readonly at: string;
  readonly email: State;
}

/** For a change, in the transaction of the change. */
export async function lockEmail(tx: Tx, customerId: string, id: string, virtualNow: Date | null): Promise<Loaded> {
  await tx.run(lock, [customerId, id]);
  return await readEmail(tx, customerId, id, virtualNow);
}

export async function readEmail(tx: Tx, customerId: string, id: string, virtualNow: Date | null): Promise<Loaded> {
  const [found] = await tx.run<{ at: string; row: Row | null }>(load, [customerId, id, virtualNow]);
  if (!found) throw new Error('a select without from gave no row');
  return { at: found.at, email: stateOf(found.row) };
}
