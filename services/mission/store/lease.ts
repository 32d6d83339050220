import type { RunClaim } from '@missions/contracts/request.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * `for share`, and not the weaker key share: what takes a lease away updates the mission's row, and must wait until what is written under the
 * lease is committed. A reader that had to wait for such an update looks at the row once more, and no longer finds it.
 */
const lock = statement(
  'mission.lock_lease',
  'select 1 from mission where customer_id = $1 and run_id = $2 and fence = $3 for share',
);

/** Whether a run still has its lease; it then keeps it until the transaction ends. */
export const lockLease = async (tx: Tx, customerId: string, run: RunClaim): Promise<boolean> =>
  (await tx.run(lock, [customerId, run.id, run.fence])).length > 0;
